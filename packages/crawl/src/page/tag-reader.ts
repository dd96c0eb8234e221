import { decodeHTMLAttribute } from 'entities/decode'
import {
  closing,
  doubleQuote,
  endsAttributeName,
  equals,
  isBlank,
  singleQuote,
  skipBlank,
  slash,
} from './html-characters.ts'

/** What comes next: the states of the standard, those that differ in no way that matters taken together. */
type State = 'between' | 'name' | 'equals' | 'value' | 'double' | 'single' | 'bare'

const maxValue = 4096
const maxName = 14

/** Reads a start tag from behind its name to its end, in chunks, and keeps the attributes that are asked for. */
export class TagReader {
  /** Whether the end of the tag has been read. */
  over = false
  /** Whether it ends in a slash. */
  empty = false
  readonly #attributes = new Map<string, string>()
  #wanted: ReadonlySet<string> | undefined
  #state: State = 'between'
  #name = ''
  #attribute: string | undefined
  #value = ''

  /** Those of the last tag; names in lower case, a value longer than the limit is left out. */
  get attributes(): ReadonlyMap<string, string> {
    return this.#attributes
  }

  /** @param wanted attributes to be kept; none when left out */
  start(wanted: ReadonlySet<string> | undefined): void {
    this.over = false
    this.empty = false
    this.#wanted = wanted
    this.#state = 'between'
    if (this.#attributes.size > 0) this.#attributes.clear()
  }

  /** Reads on from a place until the tag is over or the chunk is; gives the place where it stopped. */
  read(html: string, at: number): number {
    let place = at
    while (!this.over && place < html.length) place = this.#step(html, place)
    return place
  }

  #step(html: string, at: number): number {
    switch (this.#state) {
      case 'between':
        return this.#between(html, at)
      case 'name':
        return this.#inName(html, at)
      case 'equals':
        return this.#beforeEquals(html, at)
      case 'value':
        return this.#beforeValue(html, at)
      case 'double':
        return this.#quoted(html, at, '"')
      case 'single':
        return this.#quoted(html, at, "'")
      case 'bare':
        return this.#bare(html, at)
    }
  }

  #between(html: string, at: number): number {
    for (let index = at; index < html.length; index++) {
      const code = html.charCodeAt(index)
      if (code === closing) {
        this.over = true
        return index + 1
      }
      if (code === slash) {
        this.empty = true
      } else if (!isBlank(code)) {
        this.empty = false
        this.#state = 'name'
        this.#name = ''
        return index
      }
    }
    return html.length
  }

  #inName(html: string, at: number): number {
    // Whatever it is, the first character is part of the name.
    let end = this.#name === '' ? at + 1 : at
    while (end < html.length && !endsAttributeName(html.charCodeAt(end))) end++
    if (this.#name.length <= maxName) this.#name += html.slice(at, Math.min(end, at + maxName + 1))
    if (end === html.length) return end
    this.#attribute = this.#wanted === undefined ? undefined : this.#nameIfWanted(this.#wanted)
    this.#value = ''
    this.#state = 'equals'
    return end
  }

  #nameIfWanted(wanted: ReadonlySet<string>): string | undefined {
    const name = this.#name.toLowerCase()
    // The first of two attributes of one name is the one that counts.
    return wanted.has(name) && !this.#attributes.has(name) ? name : undefined
  }

  #beforeEquals(html: string, at: number): number {
    const start = skipBlank(html, at)
    if (start === html.length) return start
    if (html.charCodeAt(start) === equals) {
      this.#state = 'value'
      return start + 1
    }
    this.#endAttribute()
    return start
  }

  #beforeValue(html: string, at: number): number {
    const start = skipBlank(html, at)
    if (start === html.length) return start
    const code = html.charCodeAt(start)
    const quote = code === doubleQuote ? 'double' : code === singleQuote ? 'single' : undefined
    this.#state = quote ?? 'bare'
    return quote === undefined ? start : start + 1
  }

  #quoted(html: string, at: number, quote: string): number {
    const end = html.indexOf(quote, at)
    this.#addValue(html, at, end === -1 ? html.length : end)
    if (end === -1) return html.length
    this.#endAttribute()
    return end + 1
  }

  #bare(html: string, at: number): number {
    let end = at
    for (; end < html.length; end++) {
      const code = html.charCodeAt(end)
      if (code === closing || isBlank(code)) break
    }
    this.#addValue(html, at, end)
    if (end < html.length) this.#endAttribute()
    return end
  }

  #addValue(html: string, start: number, end: number): void {
    // One character more than fits says that it does not.
    if (this.#attribute === undefined || this.#value.length > maxValue) return
    this.#value += html.slice(start, Math.min(end, start + maxValue + 1))
  }

  #endAttribute(): void {
    const value = this.#value
    if (this.#attribute !== undefined && value.length <= maxValue) {
      const decoded = value.includes('&') ? decodeHTMLAttribute(value) : value
      this.#attributes.set(this.#attribute, decoded)
    }
    this.#state = 'between'
  }
}
