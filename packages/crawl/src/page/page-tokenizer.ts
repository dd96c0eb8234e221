import { decodeHTML, decodeHTMLAttribute } from 'entities/decode'
import { Tokenizer, type QuoteType, type TokenizerCallbacks } from 'htmlparser2'

/** What is told of a page: start tags of the names asked for, with the attributes asked for, and its title. */
export interface PageTokens {
  /** Attribute names in lower case; a value longer than the limit is left out. The map is used again for the next tag. */
  readonly onTag: (name: string, attributes: ReadonlyMap<string, string>) => void
  readonly onTitle: (text: string) => void
}

/** The tags that are told, and which of their attributes. */
export type WantedTags = ReadonlyMap<string, ReadonlySet<string>>

const maxAttribute = 4096
const maxTitle = 1000
/** Characters of earlier chunks kept for a token that began there; one that began earlier is too long to matter. */
const carrySize = 2 * maxAttribute

/**
 * Reads HTML in chunks, in linear time and constant memory, on htmlparser2's tokenizer alone: its parser keeps a stack
 * of open tags that costs a copy per tag (minutes for 10 MB of nested ones), and links need no nesting.
 * Character references are left to us: where the tokenizer need not look for them it skips text twice as fast.
 * Of nesting only one thing matters here: whether we are in SVG or MathML, where `<title>` and `<style>` are no HTML.
 */
export class PageTokenizer implements TokenizerCallbacks {
  readonly #tokenizer: Tokenizer
  readonly #wanted: WantedTags
  readonly #tokens: PageTokens

  #chunk = ''
  #chunkStart = 0
  #carry = ''

  #tag = ''
  #wantedAttributes: ReadonlySet<string> | undefined
  readonly #attributes = new Map<string, string>()
  #attribute: string | undefined
  #value = ''
  #valueFits = true

  #foreignDepth = 0
  #title: string | undefined
  #inTitle = false

  constructor(wanted: WantedTags, tokens: PageTokens) {
    this.#wanted = wanted
    this.#tokens = tokens
    this.#tokenizer = new Tokenizer({ decodeEntities: false }, this)
  }

  write(text: string): void {
    if (text === '') return
    this.#carry =
      this.#chunk.length >= carrySize
        ? this.#chunk.slice(-carrySize)
        : (this.#carry + this.#chunk).slice(-carrySize)
    this.#chunkStart += this.#chunk.length
    this.#chunk = text
    this.#tokenizer.write(text)
  }

  end(): void {
    this.#tokenizer.end()
    this.#endTitle()
  }

  onopentagname(start: number, end: number): void {
    // Longer names are nothing that anybody asks for.
    const name = end - start > 12 ? '' : this.#slice(start, end).toLowerCase()
    this.#tag = name
    this.#attribute = undefined
    this.#wantedAttributes = this.#wanted.get(name)
    this.#attributes.clear()
    if (this.#foreignDepth > 0 && leavesForeign.has(name)) this.#foreignDepth = 0
  }

  onopentagend(): void {
    const name = this.#tag
    if (name === 'svg' || name === 'math') this.#foreignDepth++
    else if (name === 'title' && this.#foreignDepth === 0 && this.#title === undefined) {
      this.#title = ''
      this.#inTitle = true
    }
    this.#tellTag()
  }

  onselfclosingtag(): void {
    // In HTML the slash means nothing; an empty <svg/> is the one that it does close.
    if (this.#tag === 'svg' || this.#tag === 'math') this.#tellTag()
    else this.onopentagend()
  }

  onclosetag(start: number, end: number): void {
    if (this.#inTitle) this.#endTitle()
    if (this.#foreignDepth === 0 || end - start > 4) return
    const name = this.#slice(start, end).toLowerCase()
    if (name === 'svg' || name === 'math') this.#foreignDepth--
  }

  onattribname(start: number, end: number): void {
    const wanted = this.#wantedAttributes
    if (wanted === undefined) return
    const name = this.#slice(start, end).toLowerCase()
    // The first of two attributes of one name is the one that counts.
    this.#attribute = wanted.has(name) && !this.#attributes.has(name) ? name : undefined
    this.#value = ''
    this.#valueFits = true
  }

  onattribdata(start: number, end: number): void {
    if (this.#attribute === undefined || !this.#valueFits) return
    if (this.#value.length + (end - start) > maxAttribute) this.#valueFits = false
    else this.#value += this.#slice(start, end)
  }

  onattribend(_quote: QuoteType, _end: number): void {
    if (this.#attribute === undefined) return
    if (this.#valueFits) {
      const value = this.#value
      const decoded = value.includes('&') ? decodeHTMLAttribute(value) : value
      this.#attributes.set(this.#attribute, decoded)
    }
    this.#attribute = undefined
  }

  ontext(start: number, end: number): void {
    if (this.#inTitle) this.#addTitle(this.#slice(start, Math.min(end, start + maxTitle)))
  }

  isInForeignContext(): boolean {
    return this.#foreignDepth > 0
  }

  onattribentity(): void {}
  ontextentity(): void {}
  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}

  #tellTag(): void {
    if (this.#wantedAttributes !== undefined) this.#tokens.onTag(this.#tag, this.#attributes)
  }

  #addTitle(text: string): void {
    if (this.#title !== undefined && this.#title.length < maxTitle) this.#title += text
  }

  #endTitle(): void {
    if (!this.#inTitle) return
    this.#inTitle = false
    this.#tokens.onTitle(
      decodeHTML(this.#title ?? '')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, maxTitle),
    )
  }

  /** The text between two places counted from the start of the page; empty when it began too long ago. */
  #slice(start: number, end: number): string {
    const from = start - this.#chunkStart
    const to = end - this.#chunkStart
    if (from >= 0) return this.#chunk.slice(from, to)
    if (-from > this.#carry.length) return ''
    const { length } = this.#carry
    return (
      this.#carry.slice(length + from, Math.min(length, length + to)) +
      this.#chunk.slice(0, Math.max(0, to))
    )
  }
}

/** Start tags that end SVG and MathML wherever they stand [HTML 13.2.6.5]. */
const leavesForeign: ReadonlySet<string> = new Set(
  (
    'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu ' +
    'meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var'
  ).split(' '),
)
