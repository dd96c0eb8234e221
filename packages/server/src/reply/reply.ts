import type { ReplyHeaders } from '../transport/transport.ts'
import { toJson } from './to-json.ts'

export type ReplyBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined

export interface ReplyOptions {
  /** Default 200, or 204 without a body. */
  readonly status?: number
  readonly headers?: ReplyHeaders
}

/** A response before it is sent. Made by `reply`, `json` and `sse`; middleware may derive another from it. */
export class Reply {
  readonly status: number
  readonly headers: ReplyHeaders
  readonly body: ReplyBody
  /** A stream without an end of its own: a drain ends it. */
  readonly endless: boolean

  constructor(status: number, headers: ReplyHeaders, body: ReplyBody, endless = false) {
    this.status = status
    this.headers = headers
    this.body = body
    this.endless = endless
  }

  /** The same reply with further headers, which win. */
  with(headers: ReplyHeaders): Reply {
    return new Reply(this.status, { ...this.headers, ...headers }, this.body, this.endless)
  }
}

/**
 * A response that is not plain JSON: text, bytes, or a stream of them, which is read no faster than the client takes it
 * and is always closed.
 *
 * @example
 * app.get('/hello', () => reply('hello', { headers: { 'cache-control': 'max-age=60' } }))
 */
export function reply(body?: ReplyBody, options: ReplyOptions = {}): Reply {
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream'
  const { status = body === undefined ? 204 : 200 } = options
  const headers = lowerCase(options.headers)
  return new Reply(
    status,
    body === undefined ? headers : { 'content-type': type, ...headers },
    body,
  )
}

/**
 * A value as JSON with its own status or headers; a bigint becomes a string of its digits.
 *
 * @throws MisuseError for what JSON would write as an empty object: a Map, an Error, a promise that is not awaited, a stream
 * @throws TypeError for a cycle
 * @example
 * app.post('/orders', () => json({ id: 41 }, { status: 201 }))
 */
export function json(value: unknown, options: ReplyOptions = {}): Reply {
  const headers = { 'content-type': 'application/json', ...lowerCase(options.headers) }
  return new Reply(options.status ?? 200, headers, toJson(value))
}

/** A handler's result as a reply: `undefined` is 204, a plain value is JSON. */
export function toReply(value: unknown): Reply {
  if (value instanceof Reply) return value
  if (value === undefined) return new Reply(204, {}, undefined)
  if (value instanceof Response) return fromResponse(value)
  return json(value)
}

/** A web `Response`, as handlers of other frameworks return it. */
export function fromResponse(response: Response): Reply {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') headers[name] = value
  }
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  return new Reply(response.status, headers, response.body ?? undefined)
}

function lowerCase(headers: ReplyHeaders | undefined): ReplyHeaders {
  if (headers === undefined) return {}
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}
