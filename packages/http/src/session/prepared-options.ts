import type { HeaderRecord } from '../exchange/outgoing.ts'
import { noOptions, settingsOf } from '../options.ts'
import type { RequestHeaders, RequestOptions, Settings } from '../options.ts'
import { addHeaders } from './make-request.ts'
import type { DefaultHeaders } from './make-request.ts'

/** What the options of a request come to. */
export interface Prepared {
  readonly settings: Settings
  readonly headers: HeaderRecord
}

interface Remembered extends Prepared {
  /** Copies: who gave them may change them. */
  readonly options: RequestOptions
  readonly given: RequestHeaders
}

/**
 * Checks the options of requests and puts them on top of those of the session. Most requests of a program say the same as the
 * one before: comparing costs less than making it all again.
 */
export class PreparedOptions {
  readonly #settings: Settings
  readonly #defaults: DefaultHeaders
  #last: Remembered | undefined

  constructor(settings: Settings, defaults: DefaultHeaders) {
    this.#settings = settings
    this.#defaults = defaults
  }

  of(options: RequestOptions): Prepared {
    const last = this.#last
    const { headers: given = {} } = options
    if (last !== undefined && same(given, last.given) && sameBut(options, last.options)) return last
    const settings = settingsOf('HttpSession.request', options, this.#settings)
    const { packed, plain } = this.#defaults
    const base = settings.decompress ? packed : plain
    if (options === noOptions) return { settings, headers: base }
    const headers: Record<string, string | string[]> = { ...base }
    if (options.json !== undefined) headers['content-type'] = 'application/json'
    addHeaders(headers, given)
    if (!isRepeatable(options, given)) return { settings, headers }
    this.#last = { settings, headers, options: { ...options }, given: { ...given } }
    return this.#last
  }
}

/** A body is seldom the same, and a list of values may change. */
function isRepeatable(options: RequestOptions, given: RequestHeaders): boolean {
  if (options.json !== undefined || options.body !== undefined) return false
  return Object.values(given).every((value) => typeof value === 'string')
}

function same(a: RequestHeaders, b: RequestHeaders): boolean {
  let more = 0
  for (const name in a) {
    if (a[name] !== b[name]) return false
    more++
  }
  for (const _ in b) more--
  return more === 0
}

/** Whether two options say the same, whatever their headers are. */
function sameBut(a: RequestOptions, b: RequestOptions): boolean {
  return (
    a.maxBytes === b.maxBytes &&
    a.timeout === b.timeout &&
    a.connectTimeout === b.connectTimeout &&
    a.headersTimeout === b.headersTimeout &&
    a.bodyTimeout === b.bodyTimeout &&
    a.redirect === b.redirect &&
    a.maxRedirects === b.maxRedirects &&
    a.decompress === b.decompress &&
    a.tolerate === b.tolerate &&
    a.retry === b.retry &&
    a.json === b.json &&
    a.body === b.body
  )
}
