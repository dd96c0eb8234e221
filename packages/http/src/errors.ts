import { CorralError, TimeoutError } from 'corral'

/**
 * What went wrong, in one word; part of the API.
 *
 *   CONNECT          no connection came about: refused, unreachable
 *   DNS              the name was not resolved
 *   TLS              the handshake or the certificate failed
 *   ADDRESS_REFUSED  `allowAddress` refused every address of the host
 *   RESET            the connection broke before the response was over
 *   PROTOCOL         what came back is not HTTP
 *   TOO_LARGE        the body passed `maxBytes`, or the headers `maxHeaderBytes`
 *   UNDECODABLE      the body is not in the content coding that its header names, or nobody knows that coding
 *   REDIRECT         too many redirects, or one that cannot be followed
 *   STATUS           seen by the functions of `retry` only: a status that may be another one next time
 */
export type HttpErrorCode =
  | 'CONNECT'
  | 'DNS'
  | 'TLS'
  | 'ADDRESS_REFUSED'
  | 'RESET'
  | 'PROTOCOL'
  | 'TOO_LARGE'
  | 'UNDECODABLE'
  | 'REDIRECT'
  | 'STATUS'

/** The part of a request that an error happened in. */
export type HttpPhase = 'queue' | 'connect' | 'headers' | 'body'

export interface HttpErrorOptions extends ErrorOptions {
  readonly url: string
  readonly phase: HttpPhase
}

/**
 * A request that failed on the network or by what came back. Statuses are no errors. What Node or
 * undici said is the `cause`.
 */
export class HttpError extends CorralError {
  declare readonly code: HttpErrorCode
  readonly url: string
  readonly phase: HttpPhase

  constructor(code: HttpErrorCode, message: string, options: HttpErrorOptions) {
    super(code, message, options)
    this.url = options.url
    this.phase = options.phase
  }

  static {
    this.prototype.name = 'HttpError'
  }
}

/**
 * What the functions of the `retry` option are told of a response with status 408, 425, 429, 500, 502,
 * 503 or 504. It is never thrown: when no attempt is left, the response is the result.
 */
export class HttpStatusError extends HttpError {
  readonly status: number
  /** The milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined

  constructor(status: number, url: string, retryAfter: number | undefined) {
    super('STATUS', `status ${status}: ${url}`, { url, phase: 'headers' })
    this.status = status
    this.retryAfter = retryAfter
  }

  static {
    this.prototype.name = 'HttpStatusError'
  }
}

/**
 * The time for a phase of the request, or for all of it, ran out: `limit` is the option that was
 * reached, `phase` what the request was doing. Thrown after its socket is closed.
 */
export class HttpTimeoutError extends TimeoutError {
  readonly url: string
  readonly phase: HttpPhase
  readonly limit: 'timeout' | 'connectTimeout' | 'headersTimeout' | 'bodyTimeout'

  constructor(limit: HttpTimeoutError['limit'], ms: number, options: HttpErrorOptions) {
    super(ms, options)
    this.limit = limit
    this.url = options.url
    this.phase = options.phase
    this.message = `${limit} of ${ms} ms reached while ${doing[options.phase]}: ${options.url}`
  }

  static {
    this.prototype.name = 'HttpTimeoutError'
  }
}

const doing: Record<HttpPhase, string> = {
  queue: 'waiting for a free connection',
  connect: 'connecting',
  headers: 'waiting for the response',
  body: 'reading the body',
}

/** Every address of a host was refused by `allowAddress`: what an ADDRESS_REFUSED has as its cause. */
export class AddressRefused extends Error {
  static {
    this.prototype.name = 'AddressRefused'
  }
}
