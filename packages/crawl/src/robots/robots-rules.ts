import { normalizeRobotsPath, type RobotsRule, type RobotsTxt } from './robots-txt.ts'

/** What one robots.txt says to one crawler: all its groups merged, the rule that decides first. */
export interface RobotsRules {
  readonly rules: readonly RobotsRule[]
  /** Seconds between requests that the file asks for. */
  readonly crawlDelay?: number
}

/** Everything is allowed: no robots.txt, or none that can be had for a reason on the site's side. */
export const allowAll: RobotsRules = { rules: [] }

/** Nothing is allowed: the server could not say. */
export const disallowAll: RobotsRules = { rules: [{ allow: false, pattern: '/' }] }

/**
 * The rules for one crawler: every group that names its product token (in any case), merged; without one, the
 * groups for `*`; without those, everything is allowed. Cost: one sort, so that matching stops at the first hit.
 *
 * @param agent product token or whole User-Agent; what precedes the first character outside `a-z_-` counts
 */
export function selectRobotsRules(robots: RobotsTxt, agent: string): RobotsRules {
  const token = (/^[a-z_-]+/i.exec(agent)?.[0] ?? '').toLowerCase()
  const isNamed = robots.groups.some((group) => group.agents.includes(token))
  const name = isNamed ? token : '*'
  const groups = robots.groups.filter((group) => group.agents.includes(name))
  const crawlDelay = robots.delays.reduce(
    (longest, { agent, seconds }) => (agent === name ? Math.max(longest, seconds) : longest),
    0,
  )
  return {
    rules: groups.flatMap((group) => group.rules).toSorted(byWeight),
    ...(crawlDelay > 0 ? { crawlDelay } : {}),
  }
}

/**
 * Whether `url` may be fetched: the longest pattern that matches decides, `allow` wins a tie, and /robots.txt
 * itself is always allowed. Cost: at most one linear scan of the path per rule, whatever the pattern.
 */
export function isAllowedByRobots(rules: RobotsRules, url: string | URL): boolean {
  if (rules.rules.length === 0) return true
  const { pathname, search } = typeof url === 'string' ? new URL(url) : url
  if (pathname === '/robots.txt') return true
  const path = normalizeRobotsPath(pathname + search)
  return rules.rules.find((rule) => matches(rule.pattern, path))?.allow ?? true
}

function byWeight(a: RobotsRule, b: RobotsRule): number {
  return b.pattern.length - a.pattern.length || Number(b.allow) - Number(a.allow)
}

/** Greedy from the left: with `*` as the only wildcard the first place that fits is as good as any. */
function matches(pattern: string, path: string): boolean {
  const anchored = pattern.endsWith('$')
  const parts = (anchored ? pattern.slice(0, -1) : pattern).split('*')
  const [head = ''] = parts
  const tail = parts.length > 1 ? (parts.at(-1) ?? '') : ''
  if (!path.startsWith(head)) return false
  if (parts.length === 1) return !anchored || path.length === head.length

  let at = head.length
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  if (!anchored) return path.includes(tail, at)
  return path.length - tail.length >= at && path.endsWith(tail)
}
