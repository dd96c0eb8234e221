import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'
import { acceptEncoding } from '../response/coding.ts'
import type { HeaderRecord, Outgoing } from '../exchange/outgoing.ts'
import type { BodyInput, RequestHeaders, RequestOptions } from '../options.ts'
import { withoutCredentials } from '../without-credentials.ts'
import { basicAuthorization } from './basic-authorization.ts'

/** The headers that every request of a session has: as it is, and when packed bodies are asked for. */
export interface DefaultHeaders {
  readonly plain: HeaderRecord
  readonly packed: HeaderRecord
}

export function defaultHeaders(headers: RequestHeaders): DefaultHeaders {
  const plain: Record<string, string | string[]> = { 'user-agent': 'corral', accept: '*/*' }
  addHeaders(plain, headers)
  return { plain, packed: { 'accept-encoding': acceptEncoding, ...plain } }
}

/** Makes a request of what the caller said. */
export function makeRequest(
  target: string | URL,
  options: RequestOptions,
  prepared: HeaderRecord,
): Outgoing {
  const url = parse(target)
  let headers = prepared
  const authorization = basicAuthorization(url)
  if (authorization !== undefined) {
    // Those that were asked for by name go before.
    headers = { ...prepared, authorization, ...explicit(options) }
    url.username = ''
    url.password = ''
  }
  return { url, method: methodOf(options), headers, body: bodyOf(options) }
}

function explicit({ headers = {} }: RequestOptions): HeaderRecord {
  const own: Record<string, string | string[]> = {}
  addHeaders(own, headers)
  return own
}

function bodyOf({ body, json }: RequestOptions): BodyInput | undefined {
  if (json === undefined) return body
  if (body === undefined) return JSON.stringify(json)
  throw new MisuseError('HttpSession.request: body and json are both given; give one')
}

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i
const forbidden = /[^\t\u0020-\u007e\u0080-\u00ff]/

function refuse(rule: string, value: unknown): never {
  throw new MisuseError(`HttpSession.request: ${rule}, got ${describe(value)}`)
}

function methodOf({ method }: RequestOptions): string {
  if (method === undefined) return 'GET'
  if (!token.test(method) || /^connect$/i.test(method)) {
    refuse('method must be a token other than CONNECT', method)
  }
  return method.toUpperCase()
}

/** Adds headers under their names in lower case. */
export function addHeaders(to: Record<string, string | string[]>, headers: RequestHeaders): void {
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value === undefined) continue
    if (!token.test(name)) refuse('a header name must be a token', name)
    for (const each of typeof value === 'string' ? [value] : value) {
      if (forbidden.test(each)) {
        refuse(`header ${name} must have no control characters`, secrecy(name, each))
      }
    }
    to[name.toLowerCase()] = typeof value === 'string' ? value : [...value]
  }
}

function parse(target: string | URL): URL {
  const url = URL.parse(String(target))
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  return refuse('url must be an absolute http or https URL', withoutCredentials(String(target)))
}

/** What may be a secret stands in no message. */
function secrecy(name: string, value: string): string {
  return /authorization|cookie/i.test(name) ? '***' : value
}
