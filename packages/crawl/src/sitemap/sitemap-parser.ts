import { Parser } from 'htmlparser2'
import { parseLastmod } from './lastmod.ts'

/** A line of a sitemap. */
export interface SitemapItem {
  /** As written there. */
  readonly location: string
  /** Of an index: another sitemap, no page. */
  readonly isSitemap: boolean
  /** When it changed, as far as the sitemap says: milliseconds since the epoch. */
  readonly changedAt: number | undefined
}

/** Elements inside each other: four in a sitemap, a few more in its extensions. */
const maxDepth = 32
const maxText = 4096

/**
 * Reads a sitemap that comes in pieces: `<urlset>`, `<sitemapindex>`, or text with a URL a line. Linear in time and
 * bounded in memory whatever comes: what is no sitemap has no items.
 *
 * @see https://www.sitemaps.org/protocol.html
 */
export class SitemapParser {
  readonly #onItem: (item: SitemapItem) => void
  #format: 'unknown' | 'xml' | 'text' | 'none' = 'unknown'
  #parser: Parser | undefined
  #line = ''

  constructor(onItem: (item: SitemapItem) => void) {
    this.#onItem = onItem
  }

  write(text: string): void {
    if (this.#format === 'unknown') this.#decide(text)
    if (this.#format === 'xml') this.#parse(text)
    if (this.#format === 'text') this.#addLines(text)
  }

  end(): void {
    if (this.#format === 'xml') this.#parser?.end()
    if (this.#format === 'text') this.#addLines('\n')
    this.#format = 'none'
  }

  #decide(text: string): void {
    const start = text.trimStart()
    if (start === '') return
    this.#format = start.startsWith('<') ? 'xml' : 'text'
    if (this.#format === 'text') return
    this.#parser = new Parser(new SitemapTags(this.#onItem), { xmlMode: true })
  }

  #parse(text: string): void {
    try {
      this.#parser?.write(text)
    } catch (error) {
      if (!(error instanceof NoSitemap)) throw error
      this.#format = 'none'
    }
  }

  #addLines(text: string): void {
    const lines = (this.#line + text).split(/\r\n|\r|\n/)
    // A line that has no end is no URL; what is kept of it grows no further.
    this.#line = (lines.pop() ?? '').slice(0, maxText + 1)
    for (const line of lines) {
      const location = line.trim()
      if (!/^https?:\/\//i.test(location) || location.length > maxText) continue
      this.#onItem({ location, isSitemap: false, changedAt: undefined })
    }
  }
}

/** Thrown through the parser, which would go on to the end of what it was given. */
class NoSitemap extends Error {}

/** Follows the tags of a sitemap; those of extensions, which have another prefix, are none of ours. */
class SitemapTags {
  readonly #onItem: (item: SitemapItem) => void
  #depth = 0
  #prefix = ''
  #isIndex = false
  #location = ''
  #lastmod = ''
  #field: 'loc' | 'lastmod' | undefined

  constructor(onItem: (item: SitemapItem) => void) {
    this.#onItem = onItem
  }

  onopentag(name: string): void {
    this.#depth++
    if (this.#depth === 1) {
      const [local = '', prefix] = name.split(':').toReversed()
      this.#prefix = prefix === undefined ? '' : `${prefix}:`
      this.#isIndex = local === 'sitemapindex'
      if (!this.#isIndex && local !== 'urlset') throw new NoSitemap()
    } else if (this.#depth > maxDepth) {
      throw new NoSitemap()
    } else if (this.#depth === 2) {
      this.#location = this.#lastmod = ''
    } else if (this.#depth === 3) {
      const field = name.slice(this.#prefix.length)
      const own = name.startsWith(this.#prefix)
      this.#field = own && (field === 'loc' || field === 'lastmod') ? field : undefined
    }
  }

  ontext(text: string): void {
    if (this.#depth !== 3 || this.#field === undefined) return
    if (this.#field === 'loc') this.#location = (this.#location + text).slice(0, maxText)
    else this.#lastmod = (this.#lastmod + text).slice(0, 64)
  }

  onclosetag(name: string, implied: boolean): void {
    const depth = this.#depth--
    // What was not closed was cut off, and its location may have been as well.
    if (implied) return
    if (depth === 3) this.#field = undefined
    if (depth !== 2 || name !== `${this.#prefix}${this.#isIndex ? 'sitemap' : 'url'}`) return
    const location = this.#location.trim()
    if (location === '') return
    this.#onItem({ location, isSitemap: this.#isIndex, changedAt: parseLastmod(this.#lastmod) })
  }
}
