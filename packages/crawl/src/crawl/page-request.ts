import { createHash } from 'node:crypto'
import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'

/** What is to be asked of a page beyond its URL, and who reads the answer. It is kept in the store: put no secrets in it. */
export interface PageRequest {
  /** @default 'GET' */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is sent; with `form` or `json` they say what it is. */
  readonly body?: string
  /** Fields that are sent as a form is: in the body, or with GET in the URL. */
  readonly form?: Readonly<Record<string, string>>
  /** What is sent as JSON. */
  readonly json?: unknown
  /** For whoever reads the answer: what JSON can hold. It goes along with redirects. */
  readonly meta?: unknown
  /** Which of the crawl's `handlers` reads the answer; left out: `onPage`. */
  readonly handler?: string
  /** Of a host's URLs the greatest is fetched first. A whole number. @default 0 */
  readonly priority?: number
}

/** A page to start from. */
export interface SeedRequest extends PageRequest {
  readonly url: string
}

/** A request as a store keeps it. */
export interface StoredRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly meta?: unknown
  readonly handler?: string
}

/** What a request is stored as. */
export interface KeptRequest {
  /** What tells it from others: of one that is no plain GET the URL with a mark behind it. */
  readonly url: string
  /** JSON; undefined when it is nothing but its URL. */
  readonly request: string | undefined
}

/**
 * Brings a request into the form in which it is stored. Two are one when they have the same URL, method and body.
 *
 * @param url normalised
 * @throws MisuseError for what cannot be sent or stored
 */
export function keptRequest(api: string, url: string, given: PageRequest): KeptRequest {
  const { headers = {}, form, json, meta, handler } = given
  const method = (given.method ?? (json === undefined ? 'GET' : 'POST')).toUpperCase()
  if (!/^[A-Z]{1,20}$/.test(method)) refuse(api, 'method', 'a method of HTTP', given.method)
  const bodies = [given.body, form, json].filter((each) => each !== undefined)
  if (bodies.length > 1) {
    throw new MisuseError(`${api}: body, form and json say the same; give one of them`)
  }
  const query = form !== undefined && method === 'GET' ? new URLSearchParams(form) : undefined
  const target = query === undefined ? url : withQuery(url, query)
  const sent = query === undefined ? bodyOf(given) : undefined
  if (sent !== undefined && method === 'GET') {
    throw new MisuseError(`${api}: a GET has no body; say which method it is`)
  }
  const stored: StoredRequest = {
    ...(method === 'GET' ? {} : { method }),
    ...(Object.keys(headers).length === 0 && sent?.type === undefined
      ? {}
      : {
          headers: {
            ...(sent?.type === undefined ? {} : { 'content-type': sent.type }),
            ...headers,
          },
        }),
    ...(sent === undefined ? {} : { body: sent.text }),
    ...(meta === undefined ? {} : { meta }),
    ...(handler === undefined ? {} : { handler }),
  }
  const isPlain = Object.keys(stored).length === 0
  return {
    url: method === 'GET' ? target : `${target}#${method}-${digest(sent?.text ?? '')}`,
    request: isPlain ? undefined : JSON.stringify(stored),
  }
}

/** The URL to ask, without the mark that tells requests apart. */
export function addressOf(url: string): string {
  const mark = url.indexOf('#')
  return mark === -1 ? url : url.slice(0, mark)
}

export function storedRequest(text: string | undefined): StoredRequest {
  return text === undefined ? {} : (JSON.parse(text) as StoredRequest)
}

/**
 * What follows a redirect [Fetch 4.4 step 12]: what was sent goes along with 307 and 308 alone, what it is for always.
 *
 * @param target normalised
 */
export function redirectedRequest(
  status: number,
  target: string,
  text: string | undefined,
): KeptRequest {
  const { method = 'GET', headers, body, ...aim } = storedRequest(text)
  if (status === 307 || status === 308) {
    return keptRequest('crawl', target, {
      ...aim,
      method,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    })
  }
  return keptRequest('crawl', target, { ...aim, ...(method === 'HEAD' ? { method } : {}) })
}

function bodyOf({ body, form, json }: PageRequest): { text: string; type?: string } | undefined {
  if (form !== undefined) {
    return { text: String(new URLSearchParams(form)), type: 'application/x-www-form-urlencoded' }
  }
  if (json !== undefined) return { text: JSON.stringify(json), type: 'application/json' }
  return body === undefined ? undefined : { text: body }
}

/** A form that is sent by GET replaces the query [HTML 4.10.22.3]. */
function withQuery(url: string, query: URLSearchParams): string {
  const at = url.indexOf('?')
  return `${at === -1 ? url : url.slice(0, at)}?${String(query)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function refuse(api: string, argument: string, rule: string, value: unknown): never {
  throw new MisuseError(`${api}: ${argument} must be ${rule}, got ${describe(value)}`)
}
