import { MisuseError } from 'corral'
import { AddressRefused, HttpError } from './errors.ts'
import { StreamReset } from './http2/stream-reset.ts'
import type { HttpErrorCode, HttpPhase } from './errors.ts'

/** Puts what Node or undici threw under one of our codes. Ours pass as they are. */
export function networkError(raw: unknown, phase: HttpPhase, url: string): Error {
  if (raw instanceof HttpError) return raw
  const { code, message } = raw as { code?: string; message?: string }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new MisuseError(`HttpSession.request: ${message ?? code}`, { cause: raw })
  }
  const found = codeOf(raw, code ?? '', phase)
  return new HttpError(found, `${said[found]}: ${url}${because(raw)}`, { cause: raw, phase, url })
}

const said: Record<Exclude<HttpErrorCode, 'STATUS'>, string> = {
  CONNECT: 'no connection',
  DNS: 'the name was not resolved',
  TLS: 'no secure connection',
  ADDRESS_REFUSED: 'the address is not allowed',
  RESET: 'the connection broke',
  PROTOCOL: 'the answer is not HTTP',
  TOO_LARGE: 'the headers are too large',
  UNDECODABLE: 'the body cannot be decoded',
  REDIRECT: 'the redirect cannot be followed',
}

const tlsCodes =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/

function codeOf(raw: unknown, code: string, phase: HttpPhase): keyof typeof said {
  if (raw instanceof AddressRefused) return 'ADDRESS_REFUSED'
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'TOO_LARGE'
  if (isParserError(raw)) return 'PROTOCOL'
  // In the body it means that the connection ended too early, in the headers that they contradict themselves.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase === 'headers') return 'PROTOCOL'
  if (isOfHttp2(raw)) return 'PROTOCOL'
  if (phase !== 'connect') return 'RESET'
  const { syscall } = raw as { syscall?: string }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_') || syscall === 'getaddrinfo') return 'DNS'
  if (syscall?.startsWith('query') === true) return 'DNS'
  return tlsCodes.test(code) ? 'TLS' : 'CONNECT'
}

/** What is wrong with one stream, or with all of the connection. */
function isOfHttp2(raw: unknown): boolean {
  if (raw instanceof StreamReset) return raw.reason === 'PROTOCOL_ERROR'
  return (raw as { code?: string }).code === 'ERR_HTTP2_ERROR'
}

/**
 * undici gives these no code, or one that says nothing: `bad response` is a 100 (Continue) that was not asked for. That the data
 * ended too early is not the protocol's fault.
 */
function isParserError(raw: unknown): boolean {
  const { name, message } = raw as { name?: string; message?: string }
  if (name === 'SocketError' && message === 'bad response') return true
  return name === 'HTTPParserError' && message?.includes('Invalid EOF state') !== true
}

function because(raw: unknown): string {
  const { message, errors } = raw as { message?: string; errors?: unknown[] }
  const text = message !== undefined && message !== '' ? message : messageOf(errors?.[0])
  return text === undefined ? '' : ` (${text})`
}

function messageOf(raw: unknown): string | undefined {
  return raw instanceof Error ? raw.message : undefined
}
