import { normalizeUrl, type NormalizeOptions } from './normalize-url.ts'

/** What the links of a page are relative to. */
export interface LinkBase {
  readonly url: string
  /** Up to and without the path. */
  readonly origin: string
  /** Up to and with the last slash of the path. */
  readonly directory: string
}

/** By base, then by link as written: two look-ups cost less than a key of both. */
type Known = Map<string, Map<string, string | false>>

/** Links kept by a normaliser, in each of two generations: a few megabytes. */
const generation = 8192

/**
 * `normalizeUrl` for the links of many pages. Most need nothing but to be joined to what they are relative to. The same
 * navigation is on every page of a site, so what was made of another link is kept, bounded, and costs a look-up.
 */
export class UrlNormalizer {
  readonly #options: NormalizeOptions
  readonly #arranges: boolean
  readonly #maxLength: number
  #young: Known = new Map()
  #old: Known = new Map()
  #youngSize = 0
  #oldSize = 0

  constructor(options: NormalizeOptions = {}) {
    const { stripParameters = [], sortQuery = false, maxLength = 2048 } = options
    this.#options = options
    this.#arranges = stripParameters.length > 0 || sortQuery
    this.#maxLength = maxLength
  }

  /** Links that are remembered. */
  get size(): number {
    return this.#youngSize + this.#oldSize
  }

  /** @param url absolute */
  base(url: string): LinkBase {
    const { href, origin, pathname } = new URL(url)
    const directory = origin + pathname.slice(0, pathname.lastIndexOf('/') + 1)
    return { url: href, origin, directory }
  }

  /** The normal form of a link; undefined when it is none that can be followed. */
  normalize(href: string, base: LinkBase): string | undefined {
    return this.#join(href, base) ?? this.#lookUp(href, base)
  }

  /** What is in its normal form as it stands, but for what it is relative to: the usual case. */
  #join(href: string, { origin, directory }: LinkBase): string | undefined {
    // A dot may begin a segment that means another one.
    if (!plain.test(href) || href.includes('/.')) return undefined
    if (this.#arranges && href.includes('?')) return undefined
    let url: string
    if (href.charCodeAt(0) === slash) url = origin + href
    else if (!directory.includes('%')) url = directory + href
    else return undefined
    return url.length > this.#maxLength ? undefined : url
  }

  #lookUp(href: string, base: LinkBase): string | undefined {
    const key = dependsOn(href, base)
    if (key === undefined) return normalizeUrl(href, base.url, this.#options)
    const young = this.#young.get(key)?.get(href)
    if (young !== undefined) return young === false ? undefined : young
    const old = this.#old.get(key)?.get(href)
    const url = old ?? normalizeUrl(href, base.url, this.#options) ?? false
    this.#keep(key, href, url)
    return url === false ? undefined : url
  }

  #keep(key: string, href: string, url: string | false): void {
    if (this.#youngSize >= generation) {
      this.#old = this.#young
      this.#oldSize = this.#youngSize
      this.#young = new Map()
      this.#youngSize = 0
    }
    let links = this.#young.get(key)
    if (links === undefined) this.#young.set(key, (links = new Map()))
    links.set(ownCopy(href), url)
    this.#youngSize++
  }
}

/** V8 cuts a string by pointing into it: what is kept of a page would keep all of that page. */
function ownCopy(text: string): string {
  const encoding = /^\p{ASCII}*$/u.test(text) ? 'latin1' : 'utf16le'
  return Buffer.from(text, encoding).toString(encoding)
}

/** The part of the base that a link is resolved with; undefined when it is more than these. */
function dependsOn(href: string, base: LinkBase): string | undefined {
  const first = href.charCodeAt(0)
  // `http:x` is relative where the page is http, and is then resolved like `x`.
  if (href.length > 500 || (href.includes(':') && !href.includes('://'))) return undefined
  if (first === slash) return base.origin
  // Letters and dots begin a relative path or a scheme. Not so what is blank, `?` or `#`.
  return first >= dot && first !== questionMark ? base.directory : undefined
}

/** A path, from the root or relative, and a query, of characters that stand for themselves in both. */
const plain = /^(?:\/(?!\/)|[\w~!$&()*+,;=@-])[\w~!$&()*+,;=@/.-]*(?:\?[\w~!$&()*+,;=@/.:?-]+)?$/

const slash = 0x2f
const dot = 0x2e
const questionMark = 0x3f
