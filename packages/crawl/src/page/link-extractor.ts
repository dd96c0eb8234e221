import { parseRobotsDirectives } from '../robots/robots-directives.ts'
import { UrlNormalizer } from '../url/url-normalizer.ts'
import { refreshTarget } from './meta-refresh.ts'
import { PageTokenizer } from './page-tokenizer.ts'
import { encodeQuery } from './query-encoding.ts'
import type { WantedTags } from './tag-patterns.ts'

/** Where a link was found. */
export type LinkKind = 'anchor' | 'area' | 'frame' | 'refresh' | 'canonical'

export interface PageLink {
  /** Normalised. */
  readonly url: string
  readonly kind: LinkKind
  /** The page asks not to follow it: `rel=nofollow`, or for all its links at once. */
  readonly nofollow: boolean
}

/** What a crawler wants to know of a page. */
export interface PageContent {
  readonly title: string | undefined
  /** In order of the page, each URL once. */
  readonly links: readonly PageLink[]
  /** The address the page gives as its proper one. */
  readonly canonical: string | undefined
  readonly noindex: boolean
  readonly nofollow: boolean
  /** Links left out because there were too many. */
  readonly droppedLinks: number
}

export interface ExtractOptions {
  /** Links kept of one page, counted as written there. */
  readonly maxLinks?: number
  /** Our product token, for `<meta name="corral" content="nofollow">`. */
  readonly agent?: string
  /** Shared by the pages of a crawl, it remembers their links. */
  readonly normalizer?: UrlNormalizer
}

/**
 * Finds the links, the title and the directives of an HTML page that comes in chunks. Linear in time and bounded
 * in memory for any input: no tree is built. `<base href>` counts for the whole page, also for links before it.
 *
 * @example
 * const extractor = new LinkExtractor('http://a.test/x/')
 * extractor.write('<title>Hi</title><a href=y>')
 * extractor.end().links // [{ url: 'http://a.test/x/y', kind: 'anchor', nofollow: false }]
 */
export class LinkExtractor {
  readonly #tokenizer: PageTokenizer
  readonly #pageUrl: string
  readonly #options: ExtractOptions
  readonly #maxLinks: number

  /** Of the page: links are written in it. */
  encoding = 'utf-8'
  readonly #found: Found[] = []
  #dropped = 0
  #base: string | undefined
  #canonical: string | undefined
  #title: string | undefined
  #noindex = false
  #nofollow = false

  constructor(pageUrl: string, options: ExtractOptions = {}) {
    this.#pageUrl = pageUrl
    this.#options = options
    this.#maxLinks = options.maxLinks ?? 10_000
    this.#tokenizer = new PageTokenizer(wanted, {
      onTag: (name, attributes, isForeign) => this.#onTag(name, attributes, isForeign),
      onTitle: (text) => (this.#title = text),
    })
  }

  write(text: string): void {
    this.#tokenizer.write(text)
  }

  end(): PageContent {
    this.#tokenizer.end()
    const { normalizer = new UrlNormalizer() } = this.#options
    const baseUrl = this.#base === undefined ? null : URL.parse(this.#base, this.#pageUrl)
    // One that links cannot be relative to (javascript:, data:) is none.
    const usable = baseUrl !== null && /^https?:$/.test(baseUrl.protocol)
    const base = normalizer.base(usable ? baseUrl.href : this.#pageUrl)
    const canonical =
      this.#canonical === undefined
        ? undefined
        : normalizer.normalize(encodeQuery(this.#canonical, this.encoding), base)

    const links = new Map<string, PageLink>()
    for (const { href, kind, nofollow } of this.#found) {
      const url = normalizer.normalize(encodeQuery(href, this.encoding), base)
      if (url === undefined) continue
      // Of two links to one page one that may be followed is enough.
      if (links.get(url)?.nofollow !== false) {
        links.set(url, { url, kind, nofollow: nofollow || this.#nofollow })
      }
    }
    return {
      title: this.#title,
      links: [...links.values()],
      canonical,
      noindex: this.#noindex,
      nofollow: this.#nofollow,
      droppedLinks: this.#dropped,
    }
  }

  #onTag(name: string, attributes: ReadonlyMap<string, string>, isForeign: boolean): void {
    switch (name) {
      case 'a': {
        // That of SVG goes first, and had a name of its own [SVG 2 16.2].
        const old = isForeign ? attributes.get('xlink:href') : undefined
        this.#addLink(attributes.get('href') ?? old, 'anchor', attributes.get('rel'))
        break
      }
      case 'area':
        this.#addLink(attributes.get('href'), 'area', attributes.get('rel'))
        break
      case 'frame':
      case 'iframe':
        this.#addLink(attributes.get('src'), 'frame')
        break
      case 'base':
        this.#base ??= attributes.get('href')
        break
      case 'link':
        if (!hasToken(attributes.get('rel'), 'canonical')) break
        this.#canonical ??= attributes.get('href')
        this.#addLink(attributes.get('href'), 'canonical')
        break
      default:
        this.#onMeta(attributes)
    }
  }

  #onMeta(attributes: ReadonlyMap<string, string>): void {
    const content = attributes.get('content')
    if (content === undefined) return
    if (attributes.get('http-equiv')?.toLowerCase() === 'refresh') {
      this.#addLink(refreshTarget(content), 'refresh')
    }
    const agent = this.#options.agent ?? 'corral'
    const name = attributes.get('name')?.toLowerCase()
    if (name !== 'robots' && name !== agent.toLowerCase()) return
    const { noindex, nofollow } = parseRobotsDirectives(content, agent)
    this.#noindex ||= noindex
    this.#nofollow ||= nofollow
  }

  #addLink(href: string | undefined, kind: LinkKind, rel?: string): void {
    // A fragment alone is this page.
    if (href === undefined || href.startsWith('#')) return
    if (this.#found.length < this.#maxLinks) {
      this.#found.push({ href, kind, nofollow: hasToken(rel, 'nofollow') })
    } else {
      this.#dropped++
    }
  }
}

/** A link as written; what it is relative to is known at the end. */
interface Found {
  readonly href: string
  readonly kind: LinkKind
  readonly nofollow: boolean
}

function hasToken(list: string | undefined, token: string): boolean {
  return list !== undefined && list.toLowerCase().split(/\s+/).includes(token)
}

const wanted: WantedTags = new Map([
  ['a', new Set(['href', 'xlink:href', 'rel'])],
  ['area', new Set(['href', 'rel'])],
  ['frame', new Set(['src'])],
  ['iframe', new Set(['src'])],
  ['base', new Set(['href'])],
  ['link', new Set(['href', 'rel'])],
  ['meta', new Set(['name', 'http-equiv', 'content'])],
])
