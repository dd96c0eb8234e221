/** What a page asks of crawlers, in `<meta name=robots>` or in an X-Robots-Tag header. */
export interface RobotsDirectives {
  /** Do not keep this page. */
  readonly noindex: boolean
  /** Do not follow its links. */
  readonly nofollow: boolean
}

/**
 * Reads the content of `<meta name=robots>` or of an X-Robots-Tag header. A part that names another crawler
 * (`otherbot: nofollow`) speaks only to that one.
 *
 * @param agent our product token
 * @example
 * parseRobotsDirectives('noindex, nofollow', 'corral') // { noindex: true, nofollow: true }
 */
export function parseRobotsDirectives(text: string, agent: string): RobotsDirectives {
  let noindex = false
  let nofollow = false
  let addressed = true
  for (const part of text.toLowerCase().split(',')) {
    const [, name, rest = ''] = /^\s*(?:([a-z_-]+)\s*:)?\s*(.*?)\s*$/s.exec(part) ?? []
    // `max-snippet: 5` and the like have the same shape as an addressee and follow nobody's name.
    if (name !== undefined && !valued.has(name)) addressed = name === agent.toLowerCase()
    if (!addressed) continue
    if (rest === 'noindex' || rest === 'none') noindex = true
    if (rest === 'nofollow' || rest === 'none') nofollow = true
  }
  return { noindex, nofollow }
}

const valued: ReadonlySet<string> = new Set([
  'max-snippet',
  'max-image-preview',
  'max-video-preview',
  'unavailable_after',
])
