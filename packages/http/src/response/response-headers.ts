import type { IncomingHttpHeaders } from 'node:http'

/**
 * The headers of a response. Names are taken in any case and given in lower case. One that was sent
 * several times has several values.
 *
 * @example
 * response.headers.get('content-type') // 'text/html; charset=utf-8'
 */
export class ResponseHeaders implements Iterable<[name: string, value: string]> {
  readonly #values: IncomingHttpHeaders

  /** @internal */
  constructor(values: IncomingHttpHeaders) {
    this.#values = values
  }

  /** The value, several joined by a comma; undefined when it was not sent. Of what can only be one thing, one of equal values. */
  get(name: string): string | undefined {
    const key = name.toLowerCase()
    const value = this.#values[key]
    if (typeof value !== 'object') return value
    const [first = ''] = value
    return singular.has(key) && value.every((each) => each === first) ? first : value.join(', ')
  }

  /** Each value by itself: `set-cookie` cannot be joined. */
  getAll(name: string): readonly string[] {
    const value = this.#values[name.toLowerCase()]
    if (value === undefined) return []
    return typeof value === 'object' ? value : [value]
  }

  has(name: string): boolean {
    return this.#values[name.toLowerCase()] !== undefined
  }

  /** Every value with its name, in the order in which the names came first. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (const name of Object.keys(this.#values)) {
      for (const value of this.getAll(name)) yield [name, value]
    }
  }

  /** As a plain object, several values joined by a comma. */
  toJSON(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.#values).map((name) => [name, this.get(name) ?? '']))
  }
}

/** Headers without a list syntax, which an application and its proxy both like to set. */
const singular: ReadonlySet<string> = new Set([
  'content-type',
  'etag',
  'last-modified',
  'location',
  'refresh',
  'retry-after',
])
