import { decodeHTML } from 'entities/decode'
import { bang, endOfName, isLetter, question, slash } from './html-characters.ts'
import { leavesForeign, notableTags, rawEnds, type WantedTags } from './tag-patterns.ts'
import { TagReader } from './tag-reader.ts'

/** What is told of a page: start tags of the names asked for, with the attributes asked for, and its title. */
export interface PageTokens {
  /** Attribute names in lower case; a value longer than the limit is left out. The map is used again for the next tag. */
  readonly onTag: (
    name: string,
    attributes: ReadonlyMap<string, string>,
    isForeign: boolean,
  ) => void
  readonly onTitle: (text: string) => void
}

/** Where it is: between tags, in one, or waiting for the end of something. */
type State = 'text' | 'long name' | 'tag' | 'raw' | 'comment' | 'cdata' | 'close' | 'plain'

const maxTitle = 1000
const maxName = 12

/**
 * Reads HTML in chunks, in linear time and constant memory: a scanner for the few tags that matter to a crawler, by
 * the rules of the HTML standard for tags, comments and raw text. It jumps over all other tags within one regular expression,
 * several times faster than a tokenizer that tells of each, and builds no tree, which links do not need.
 * Of nesting two things matter here: whether we are in SVG or MathML, where `<title>` and `<style>` are no HTML, and whether in a
 * template, of which nothing is on the page.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tokenization
 */
export class PageTokenizer {
  readonly #wanted: WantedTags
  readonly #notable: RegExp
  readonly #tokens: PageTokens

  #state: State = 'text'
  /** The end of the last chunk, as far as more is needed to know what it is: a few characters. */
  #rest = ''
  #raw = ''

  #tag = ''
  #wantedAttributes: ReadonlySet<string> | undefined
  readonly #reader = new TagReader()

  #foreignDepth = 0
  #templates = 0
  #title: string | undefined
  #inTitle = false

  constructor(wanted: WantedTags, tokens: PageTokens) {
    this.#wanted = wanted
    this.#notable = notableTags(wanted)
    this.#tokens = tokens
  }

  write(text: string): void {
    const html = this.#rest === '' ? text : this.#rest + text
    this.#rest = ''
    for (let at = 0; at < html.length;) at = this.#step(html, at)
  }

  end(): void {
    if (this.#inTitle) {
      this.#addTitle(this.#rest)
      this.#endTitle()
    }
  }

  /** Reads on from a place, and gives the place where it stopped. */
  #step(html: string, at: number): number {
    switch (this.#state) {
      case 'text':
        return this.#text(html, at)
      case 'tag': {
        const end = this.#reader.read(html, at)
        return this.#reader.over ? this.#endTag(end) : end
      }
      case 'raw':
        return this.#inRaw(html, at)
      case 'long name': {
        const end = endOfName(html, at)
        if (end < html.length) this.#state = 'tag'
        return end
      }
      case 'comment':
        return this.#skipTo(commentEnd, html, at, 3)
      case 'cdata':
        return this.#skipTo(cdataEnd, html, at, 2)
      case 'close':
        return this.#skipTo(greater, html, at, 0)
      case 'plain':
        return html.length
    }
  }

  #text(html: string, at: number): number {
    let start: number
    if (this.#foreignDepth + this.#templates > 0) {
      start = html.indexOf('<', at)
    } else {
      this.#notable.lastIndex = at
      start = this.#notable.test(html) ? this.#notable.lastIndex - 1 : -1
    }
    if (start === -1) return html.length
    const next = html.charCodeAt(start + 1)
    if (isLetter(next)) return this.#open(html, start)
    if (next === slash) return this.#close(html, start)
    if (next === bang) return this.#declaration(html, start)
    if (next === question) this.#state = 'close'
    // What is behind the last `<` of a chunk is not known.
    return start + 1 === html.length ? this.#keep(html, start) : start + 1
  }

  #open(html: string, start: number): number {
    const end = endOfName(html, start + 1)
    if (end === html.length && end - start <= maxName) return this.#keep(html, start)
    // Longer names are nothing that anybody asks for.
    const name = end - start > maxName ? '' : html.slice(start + 1, end).toLowerCase()
    this.#tag = name
    this.#wantedAttributes = name === 'template' ? shadowRoot : this.#wanted.get(name)
    this.#reader.start(this.#wantedAttributes)
    this.#raw = this.#foreignDepth === 0 && rawEnds.has(name) ? name : ''
    if (this.#foreignDepth > 0 && leavesForeign.has(name)) this.#foreignDepth = 0
    this.#state = end === html.length ? 'long name' : 'tag'
    return end
  }

  #close(html: string, start: number): number {
    if (start + 2 === html.length) return this.#keep(html, start)
    const end = endOfName(html, start + 2)
    if (this.#foreignDepth + this.#templates > 0) {
      if (end === html.length && end - start <= maxName) return this.#keep(html, start)
      const name = end - start > maxName ? '' : html.slice(start + 2, end).toLowerCase()
      if (name === 'template') this.#templates = Math.max(0, this.#templates - 1)
      if (name === 'svg' || name === 'math') {
        this.#foreignDepth = Math.max(0, this.#foreignDepth - 1)
      }
    }
    this.#state = 'close'
    return end
  }

  /** A comment, or what is taken for one. */
  #declaration(html: string, start: number): number {
    const head = html.slice(start, start + 9)
    if (head.startsWith('<!--')) {
      if (head.startsWith('<!-->')) return start + 5
      if (head.startsWith('<!--->')) return start + 6
      if (html.length < start + 6) return this.#keep(html, start)
      this.#state = 'comment'
      return start + 4
    }
    if (html.length < start + 9 && ('<!--'.startsWith(head) || cdata.startsWith(head))) {
      return this.#keep(html, start)
    }
    this.#state = head === cdata && this.#foreignDepth > 0 ? 'cdata' : 'close'
    return start + 2
  }

  #endTag(at: number): number {
    const name = this.#tag
    this.#state = 'text'
    if (name === 'svg' || name === 'math') {
      // In HTML the slash means nothing; an empty <svg/> is the one that it does close.
      if (!this.#reader.empty) this.#foreignDepth++
    } else if (name === 'template') {
      // What is in a shadow root is on the page.
      const isShown = this.#templates === 0 && this.#reader.attributes.size > 0
      if (this.#foreignDepth === 0 && !isShown) this.#templates++
      return at
    } else if (this.#raw !== '') {
      this.#state = name === 'plaintext' ? 'plain' : 'raw'
      if (name === 'title' && this.#title === undefined && this.#templates === 0) {
        this.#title = ''
        this.#inTitle = true
      }
    }
    if (this.#wantedAttributes !== undefined && this.#templates === 0) {
      this.#tokens.onTag(name, this.#reader.attributes, this.#foreignDepth > 0)
    }
    return at
  }

  #inRaw(html: string, at: number): number {
    const pattern = rawEnds.get(this.#raw) as RegExp
    pattern.lastIndex = at
    const found = pattern.test(html)
    // Without its end: what may be the beginning of it is kept.
    const end = found ? pattern.lastIndex - this.#raw.length - 2 : lastOpening(html, at)
    if (this.#inTitle) this.#addTitle(html.slice(at, Math.min(end, at + maxTitle)))
    if (!found) return this.#keep(html, end)
    if (this.#inTitle) this.#endTitle()
    this.#state = 'close'
    return end + this.#raw.length + 2
  }

  #skipTo(pattern: RegExp, html: string, at: number, keep: number): number {
    pattern.lastIndex = at
    if (!pattern.test(html)) return this.#keep(html, Math.max(at, html.length - keep))
    this.#state = 'text'
    return pattern.lastIndex
  }

  /** Leaves the end of a chunk for the next one. */
  #keep(html: string, from: number): number {
    this.#rest = html.slice(from)
    return html.length
  }

  #addTitle(text: string): void {
    if (this.#title !== undefined && this.#title.length < maxTitle) this.#title += text
  }

  #endTitle(): void {
    this.#inTitle = false
    const title = this.#title ?? ''
    const text = title.includes('&') ? decodeHTML(title) : title
    this.#tokens.onTitle(text.replace(/\s+/g, ' ').trim().slice(0, maxTitle))
  }
}

const shadowRoot: ReadonlySet<string> = new Set(['shadowrootmode'])
const cdata = '<![CDATA['
const commentEnd = /--!?>/g
const cdataEnd = /\]\]>/g
const greater = />/g

/** The place of a `<` that may be the start of an end tag, so near to the end that it is not known. */
function lastOpening(html: string, at: number): number {
  const start = html.indexOf('<', Math.max(at, html.length - maxName - 1))
  return start === -1 ? html.length : start
}
