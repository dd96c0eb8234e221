import { GenerationCache } from './generation-cache.ts'
import { normalizeUrl, type NormalizeOptions } from './normalize-url.ts'

/** What the links of a page are relative to. */
export interface LinkBase {
  readonly url: string
  /** Up to and without the path. */
  readonly origin: string
  /** Up to and with the last slash of the path. */
  readonly directory: string
}

/** Links kept by a normaliser, in each of two generations: a few megabytes. */
const generation = 8192

/**
 * `normalizeUrl` for the links of many pages: the same navigation is on every page of a site, so what was made of a link
 * is kept, bounded, and most links cost one look-up.
 */
export class UrlNormalizer {
  readonly #options: NormalizeOptions
  readonly #known = new GenerationCache<string, string | false>(generation)

  constructor(options: NormalizeOptions = {}) {
    this.#options = options
  }

  /** @param url absolute */
  base(url: string): LinkBase {
    const { href, origin, pathname } = new URL(url)
    const directory = origin + pathname.slice(0, pathname.lastIndexOf('/') + 1)
    return { url: href, origin, directory }
  }

  /** The normal form of a link; undefined when it is none that can be followed. */
  normalize(href: string, base: LinkBase): string | undefined {
    const key = keyOf(href, base)
    if (key === undefined) return normalizeUrl(href, base.url, this.#options)
    const known = this.#known.get(key)
    if (known !== undefined) return known === false ? undefined : known
    const url = normalizeUrl(href, base.url, this.#options)
    this.#known.set(key, url ?? false)
    return url
  }
}

/** What a link resolves to depends on nothing but this; undefined when it depends on the whole base. */
function keyOf(href: string, base: LinkBase): string | undefined {
  const first = href.charCodeAt(0)
  // `http:x` is relative where the page is http, and is then resolved like `x`.
  if (href.length > 500 || (href.includes(':') && !href.includes('://'))) return undefined
  if (first === slash) return `${base.origin}\n${href}`
  // Letters and dots begin a relative path or a scheme. Not so what is blank, `?` or `#`.
  if (first >= dot && first !== questionMark) return `${base.directory}\n${href}`
  return undefined
}

const slash = 0x2f
const dot = 0x2e
const questionMark = 0x3f
