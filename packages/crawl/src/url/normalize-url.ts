/** Query parameters that track the visitor and change nothing of the page; a final `*` stands for any end. */
export const trackingParameters: readonly string[] = [
  'utm_*',
  'mtm_*',
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'fbclid',
  'msclkid',
  'yclid',
  'twclid',
  'igshid',
  'mc_cid',
  'mc_eid',
]

export interface NormalizeOptions {
  /** Query parameters to leave out, by name; a final `*` stands for any end (`trackingParameters`). */
  readonly stripParameters?: readonly string[]
  /** Put the query parameters in order of name. Off, since a server may care. */
  readonly sortQuery?: boolean
  /** The longest URL taken, in characters. */
  readonly maxLength?: number
}

/**
 * Resolves a link and puts it into the one form under which a page is known: WHATWG URL, no fragment, no user and
 * password, no default port, no empty query, percent-escapes in upper case and only where they are needed.
 * Gives `undefined` for what is no http or https URL or is too long. Applying it twice changes nothing.
 *
 * @param href as written in the page
 * @param base what a relative link is relative to
 * @example
 * normalizeUrl('../b?#top', 'HTTP://A.test:80/x/y') // 'http://a.test/b'
 */
export function normalizeUrl(
  href: string,
  base?: string | URL,
  options: NormalizeOptions = {},
): string | undefined {
  const { stripParameters = [], sortQuery = false, maxLength = 2048 } = options
  // Resolving costs a copy: what is hopeless is refused first (a data: URL can be the size of a film).
  if (href.length > maxLength * 2) return undefined
  const url = URL.parse(href, base)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  if (url.username !== '' || url.password !== '') url.username = url.password = ''
  if (url.search !== '' && (stripParameters.length > 0 || sortQuery)) {
    const query = arrangeQuery(url.search, stripParameters, sortQuery)
    // The setter takes one question mark away, and the query itself may begin with one.
    url.search = query === '' ? '' : `?${query}`
  }
  // A lone `?` or `#` shows in href but not in search or hash: build from the parts.
  const text = `${url.origin}${tidyEscapes(url.pathname)}${tidyEscapes(url.search)}`
  return text.length > maxLength ? undefined : text
}

/** Works on the text of the pairs, not through URLSearchParams, which would rewrite escapes and `+`. */
function arrangeQuery(search: string, strip: readonly string[], sort: boolean): string {
  const pairs = search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isStripped(nameOf(pair), strip))
  return (sort ? pairs.toSorted((a, b) => compare(nameOf(a), nameOf(b))) : pairs).join('&')
}

function nameOf(pair: string): string {
  const end = pair.indexOf('=')
  return end === -1 ? pair : pair.slice(0, end)
}

function isStripped(name: string, strip: readonly string[]): boolean {
  const lower = name.toLowerCase()
  return strip.some((rule) =>
    rule.endsWith('*') ? lower.startsWith(rule.slice(0, -1)) : lower === rule,
  )
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** RFC 3986 6.2.2: unreserved characters are not escaped, escapes have upper-case digits. */
function tidyEscapes(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9a-f]{2})/gi, (escape: string, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
  })
}
