/** From where on URLs lead into a trap: pages without an end that a server makes up as it is asked for them. */
export interface TrapLimits {
  /** Parts of a path. @default 30 */
  readonly maxSegments: number
  /** How often one part may come in a path, as `a` does twice in `/a/b/a/`. @default 3 */
  readonly maxRepeats: number
  /** Parameters of a query. @default 24 */
  readonly maxParameters: number
  /** URLs of one path that have three query parameters or more. @default 10000 */
  readonly maxVariants: number
  /**
   * How many URLs that look like a trap by one of the other limits are followed all the same: of each host, dates of each
   * shape of URL by themselves. Archives and products look like that as well, but do not go on without an end. @default 100
   */
  readonly maxSuspects: number
  /** Years that a date in a URL may be ahead of today. @default 2 */
  readonly yearsAhead: number
  /** Years that a date in a URL may be past. @default 100 */
  readonly yearsBack: number
}

export const defaultTrapLimits: TrapLimits = {
  maxSegments: 30,
  maxRepeats: 3,
  maxParameters: 24,
  maxVariants: 10_000,
  maxSuspects: 100,
  yearsAhead: 2,
  yearsBack: 100,
}

/**
 * What a URL has in common with others like it, when by itself it looks like one of those that calendars and broken relative
 * links make without an end; undefined when it does not. Cost: linear in its length.
 *
 * @param year of today
 */
export function suspicionOf(url: string, limits: TrapLimits, year: number): string | undefined {
  const pathStart = url.indexOf('/', url.indexOf('//') + 2)
  if (pathStart === -1) return undefined
  const queryStart = url.indexOf('?', pathStart)
  const path = url.slice(pathStart + 1, queryStart === -1 ? undefined : queryStart)
  const origin = url.slice(0, pathStart)
  // Shorter than any that repeats or has a date.
  if (path.length > 5 && hasPathTrap(path, limits)) return `path ${origin}`
  if (queryStart !== -1 && parametersOf(url, queryStart) > limits.maxParameters) {
    return `query ${origin}`
  }
  if (!hasFarDate(url, pathStart, limits, year)) return undefined
  return `date ${url.slice(0, 300).replace(/\d+/g, '0')}`
}

/** How many parameters the query of a URL has. */
export function parametersOf(url: string, queryStart: number): number {
  let count = 1
  for (let at = url.indexOf('&', queryStart); at !== -1; at = url.indexOf('&', at + 1)) count++
  return count
}

function hasPathTrap(path: string, { maxSegments, maxRepeats }: TrapLimits): boolean {
  const parts = path.split('/')
  if (parts.length <= maxRepeats) return false
  if (parts.length > maxSegments) return true
  const times = new Map<string, number>()
  for (const part of parts) {
    const seen = (times.get(part) ?? 0) + 1
    if (seen > maxRepeats && part !== '') return true
    times.set(part, seen)
  }
  return false
}

const fourDigits = /[/=_-]\d{4}/

/** A year and a month after each other, in path or query, or a parameter that is a year. */
const dates =
  /[/=_-]([12]\d{3})(?:\/(?:0?[1-9]|1[0-2])|[_-](?:0[1-9]|1[0-2]))(?!\d)|[?&](?:year|yr|y|jahr|annee|ano)=(\d{4})(?!\d)/gi

function hasFarDate(
  url: string,
  from: number,
  { yearsAhead, yearsBack }: TrapLimits,
  today: number,
): boolean {
  if (!fourDigits.test(url)) return false
  for (const [, inPath, asParameter] of url.slice(from).matchAll(dates)) {
    const year = Number(inPath ?? asParameter)
    if (year > today + yearsAhead || year < today - yearsBack) return true
  }
  return false
}
