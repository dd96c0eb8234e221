import type { Leniency } from '../leniency.ts'
import { parseHead } from './parse-head.ts'
import type { LenientHead } from './parse-head.ts'
import { HeadersOverflow, ResponseSyntaxError } from './response-syntax-error.ts'

export interface LenientReaderOptions {
  readonly tolerate: readonly Leniency[]
  readonly maxHeaderBytes: number
  /** Whether the answer has no body, whatever its head says. */
  readonly isHead: boolean
}

/** Answers of 1xx before the one that counts. */
const maxInterim = 100

/** What was found in the bytes so far. */
export type ReaderEvent =
  | { readonly kind: 'head'; readonly head: LenientHead }
  | { readonly kind: 'data'; readonly chunk: Buffer }
  | { readonly kind: 'end' }

/**
 * Reads one response from bytes as they come, as browsers do where the standards say otherwise.
 *
 *   head -> (1xx: head) -> length | until-close -> end
 *             └-> size -> chunk -> size -> ... -> trailers -> end
 */
export class LenientReader {
  /** What it put up with. */
  readonly tolerated: Set<Leniency> = new Set()
  readonly #options: LenientReaderOptions
  #state: 'head' | 'length' | 'until-close' | 'size' | 'chunk' | 'trailers' | 'end' = 'head'
  #rest: Buffer = Buffer.alloc(0)
  #left = 0
  #interim = 0

  constructor(options: LenientReaderOptions) {
    this.#options = options
  }

  /** @throws ResponseSyntaxError */
  feed(bytes: Uint8Array): ReaderEvent[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    const events: ReaderEvent[] = []
    for (let event; (event = this.#next()) !== undefined;) {
      if (event !== 'more') events.push(event)
    }
    return events
  }

  /**
   * No bytes are left.
   *
   * @returns whether the response is whole
   */
  finish(): boolean {
    const isWhole = ['until-close', 'trailers', 'end'].includes(this.#state)
    this.#state = 'end'
    return isWhole
  }

  /** Takes a step; undefined when more bytes are needed for it. */
  #next(): ReaderEvent | 'more' | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead()
      case 'until-close':
        return this.#take(Infinity)
      case 'length': {
        if (this.#left === 0) return this.#end()
        return this.#take(this.#left)
      }
      case 'size': {
        const line = this.#line()
        return line === undefined ? undefined : this.#readSize(line)
      }
      case 'chunk': {
        if (this.#left > 0) return this.#take(this.#left)
        const line = this.#line()
        if (line === undefined) return undefined
        if (line !== '') throw new ResponseSyntaxError('a chunk is longer than its size')
        this.#state = 'size'
        return 'more'
      }
      case 'trailers': {
        const line = this.#line()
        if (line === undefined) return undefined
        return line === '' ? this.#end() : 'more'
      }
      case 'end':
        return undefined
    }
  }

  #readHead(): ReaderEvent | 'more' | undefined {
    const text = this.#rest.toString('latin1')
    const start = /^[\r\n]*/.exec(text)?.[0].length ?? 0
    const said = text.slice(start, start + 5)
    if (!'HTTP/'.startsWith(said.toUpperCase())) throw new ResponseSyntaxError('no status line')
    const end = /\r*\n\r*\n/.exec(text.slice(start))
    if (end === null) {
      if (text.length > this.#options.maxHeaderBytes) throw new HeadersOverflow()
      return undefined
    }
    const head = text.slice(start, start + end.index)
    this.#rest = this.#rest.subarray(start + end.index + end[0].length)
    if (/(^|[^\r])\n/.test(head + end[0])) this.#tolerate('bare-lf')
    const parsed = parseHead(head, (what) => this.#tolerate(what))
    if (parsed.status < 200) {
      if (++this.#interim <= maxInterim) return 'more'
      throw new ResponseSyntaxError('interim answers without an end')
    }
    const { framing, status } = parsed
    if (this.#options.isHead || status === 204 || status === 304) {
      this.#state = 'length'
    } else if (typeof framing === 'number') {
      this.#state = 'length'
      this.#left = framing
    } else {
      this.#state = framing === 'chunked' ? 'size' : 'until-close'
    }
    return { kind: 'head', head: parsed }
  }

  #readSize(line: string): 'more' {
    const [, before, digits, after] = /^([ \t]*)([0-9a-f]{1,12})([ \t]*)(?:;.*)?$/i.exec(line) ?? []
    if (digits === undefined) throw new ResponseSyntaxError('no chunk size')
    if (before !== '' || after !== '') this.#tolerate('odd-chunks')
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    return 'more'
  }

  /** The next line, when it has come to its end. */
  #line(): string | undefined {
    const end = this.#rest.indexOf(10)
    if (end === -1) {
      if (this.#rest.length > this.#options.maxHeaderBytes) throw new HeadersOverflow()
      return undefined
    }
    const line = this.#rest.toString('latin1', 0, end)
    this.#rest = this.#rest.subarray(end + 1)
    if (!line.endsWith('\r')) this.#tolerate('odd-chunks')
    return line.replace(/\r$/, '')
  }

  #take(most: number): ReaderEvent | undefined {
    if (this.#rest.length === 0) return undefined
    const chunk = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(chunk.length)
    if (most !== Infinity) this.#left -= chunk.length
    return { kind: 'data', chunk }
  }

  #end(): ReaderEvent {
    this.#state = 'end'
    return { kind: 'end' }
  }

  #tolerate(what: Leniency): void {
    if (!this.#options.tolerate.includes(what)) throw new ResponseSyntaxError(what)
    this.tolerated.add(what)
  }
}
