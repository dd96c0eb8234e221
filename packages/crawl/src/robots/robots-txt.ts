/** The most of a robots.txt that is read, in bytes [RFC 9309 2.5]; what follows is ignored. */
export const robotsTxtLimit: number = 500 * 1024

/** One `allow` or `disallow` line, its pattern normalised. */
export interface RobotsRule {
  readonly allow: boolean
  readonly pattern: string
}

/** The lines of a robots.txt under one run of `user-agent` lines. */
export interface RobotsGroup {
  /** Product tokens in lower case; `*` for everybody. */
  readonly agents: readonly string[]
  readonly rules: readonly RobotsRule[]
}

/** What a `crawl-delay` line asks of one product token. */
export interface RobotsDelay {
  readonly agent: string
  readonly seconds: number
}

/** A robots.txt as plain data. */
export interface RobotsTxt {
  readonly groups: readonly RobotsGroup[]
  readonly delays: readonly RobotsDelay[]
  readonly sitemaps: readonly string[]
}

/**
 * Reads a robots.txt by RFC 9309. Never fails: a line that means nothing is skipped. Takes any line end, a
 * byte order mark, comments, keys in any case, and reads the first 500 KiB. Cost: one pass.
 *
 * @param content bytes are taken as UTF-8
 * @example
 * const robots = parseRobotsTxt('User-agent: *\nDisallow: /private')
 * isAllowedByRobots(selectRobotsRules(robots, 'my-crawler'), 'http://a.test/private/1') // false
 */
export function parseRobotsTxt(content: string | Uint8Array): RobotsTxt {
  const groups: OpenGroup[] = []
  const delays: RobotsDelay[] = []
  const sitemaps: string[] = []
  let group: OpenGroup | undefined
  // Whether the next user-agent line joins the group, and whether it joins those a crawl-delay speaks to.
  let groupOpen = false
  let delayOpen = false
  let addressed: string[] = []

  for (const line of linesOf(content)) {
    const field = fieldOf(line)
    if (field === undefined) continue
    const [key, value] = field
    switch (key) {
      case 'user-agent': {
        if (group === undefined || !groupOpen) groups.push((group = { agents: [], rules: [] }))
        if (!delayOpen) addressed = []
        groupOpen = delayOpen = true
        const agent = productToken(value)
        if (agent === '') break
        group.agents.push(agent)
        addressed.push(agent)
        break
      }
      case 'allow':
      case 'disallow': {
        groupOpen = delayOpen = false
        // A rule before the first user-agent line belongs to nobody; one that is empty matches nothing.
        if (group === undefined || !(value.startsWith('/') || value.startsWith('*'))) break
        group.rules.push({ allow: key === 'allow', pattern: normalizePattern(value) })
        break
      }
      case 'crawl-delay': {
        // No part of the RFC, so it must not close the group.
        delayOpen = false
        const seconds = value === '' ? Number.NaN : Number(value)
        if (!(seconds >= 0)) break
        for (const agent of addressed) delays.push({ agent, seconds })
        break
      }
      case 'sitemap':
        if (value !== '') sitemaps.push(value)
        break
      default:
    }
  }
  return { groups, delays, sitemaps }
}

/** Puts a path (with its query) into the form in which patterns are compared with it. */
export function normalizeRobotsPath(path: string): string {
  return normalizeOctets(path).replace(/[*$]/g, (mark) => (mark === '*' ? '%2A' : '%24'))
}

interface OpenGroup {
  readonly agents: string[]
  readonly rules: RobotsRule[]
}

function linesOf(content: string | Uint8Array): string[] {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const cut = bytes.length > robotsTxtLimit
  // TextDecoder takes the byte order mark away.
  const lines = new TextDecoder().decode(bytes.subarray(0, robotsTxtLimit)).split(/\r\n|\r|\n/)
  // A rule cut in the middle would say more than its author did.
  if (cut) lines.pop()
  return lines
}

function fieldOf(line: string): [key: string, value: string] | undefined {
  const comment = line.indexOf('#')
  const text = comment === -1 ? line : line.slice(0, comment)
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()]
}

/** `Corral/1.0 (+http://...)` names the product `corral`. */
function productToken(value: string): string {
  if (/^\*(\s|$)/.test(value)) return '*'
  return (/^[a-z_-]+/i.exec(value)?.[0] ?? '').toLowerCase()
}

/** `*` and a final `$` keep their meaning; a `$` elsewhere stands for itself. */
function normalizePattern(pattern: string): string {
  const anchored = pattern.endsWith('$')
  const text = normalizeOctets(anchored ? pattern.slice(0, -1) : pattern).replaceAll('$', '%24')
  return (anchored ? `${text}$` : text).replace(/\*{2,}/g, '*')
}

/**
 * RFC 9309 2.2.2: octets outside ASCII are percent-encoded, encoded ones that need not be are decoded, the rest
 * have upper-case digits. Reserved characters stay as they came: `%2F` is no `/`.
 */
function normalizeOctets(text: string): string {
  if (/^[!-$&-~]*$/.test(text)) return text
  return text
    .replace(/[^!-~]+/gu, (wide) => encodeURIComponent(wide.toWellFormed()))
    .replace(/%([0-9a-f]{2})/gi, (escape: string, digits: string) => {
      const character = String.fromCharCode(Number.parseInt(digits, 16))
      return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
    })
}
