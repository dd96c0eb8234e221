import type { StoreReader } from '@corral/crawl'

export const findingKinds = ['broken', 'redirects', 'slow', 'untitled'] as const
export type FindingKind = (typeof findingKinds)[number]

/** Something about a site that its owner wants to know. */
export interface Finding {
  readonly kind: FindingKind
  readonly url: string
  readonly detail: string
  /** Pages that link there, the first few. */
  readonly linkedFrom: readonly string[]
}

/** Failures of the site, not of the crawl: a body that is too large for it, or that robots.txt forbids, is there. */
const brokenKinds = new Set([
  'address',
  'dns',
  'network',
  'timeout',
  'tls',
  'protocol',
  'http',
  'redirect',
])

/** Pages that are named for one finding at the most. */
const NAMED = 5

/** What there is to say about a site that was crawled, each URL once for a kind. */
export function findingsOf(crawled: StoreReader, slowAfter: number): Finding[] {
  const linkedFrom = new Map<string, string[]>()
  for (const { from_url: from, to_url: to } of crawled.links()) {
    const pages = linkedFrom.get(to)
    if (pages === undefined) linkedFrom.set(to, [from])
    else if (pages.length < NAMED) pages.push(from)
  }
  const found: Finding[] = []
  const add = (kind: FindingKind, url: string, detail: string): void => {
    found.push({ kind, url, detail, linkedFrom: linkedFrom.get(url) ?? [] })
  }
  for (const { url, kind, code, message } of crawled.errors()) {
    if (brokenKinds.has(kind)) add('broken', url, kind === 'http' ? `status ${code}` : message)
  }
  const redirects = new Map<string, string>()
  for (const page of crawled.pages()) {
    if (page.redirect_url !== null) redirects.set(page.url, page.redirect_url)
    else if (page.title === null && /html/.test(page.content_type ?? '')) {
      add('untitled', page.url, 'no title')
    }
    if (page.duration_ms >= slowAfter) add('slow', page.url, `${Math.round(page.duration_ms)} ms`)
  }
  for (const chain of chainsOf(redirects)) {
    add('redirects', chain[0] as string, `${chain.length - 1} redirects, to ${chain.at(-1)}`)
  }
  return found
}

/** Redirects that lead to redirects, from the first URL to the last; a circle ends where it closes. */
function chainsOf(redirects: ReadonlyMap<string, string>): string[][] {
  const targets = new Set(redirects.values())
  const chains: string[][] = []
  for (const first of redirects.keys()) {
    if (targets.has(first)) continue
    const chain = new Set([first])
    let next = redirects.get(first)
    while (next !== undefined && !chain.has(next)) {
      chain.add(next)
      next = redirects.get(next)
    }
    if (chain.size > 2) chains.push([...chain])
  }
  return chains
}

export type Change = 'appeared' | 'stayed' | 'mended'

/** What changed between two checks: every finding of both, once. */
export function compare(
  before: readonly Finding[],
  after: readonly Finding[],
): { readonly finding: Finding; readonly change: Change }[] {
  const key = ({ kind, url }: Finding): string => `${kind} ${url}`
  const known = new Set(before.map(key))
  const now = new Set(after.map(key))
  return [
    ...after.map((finding) => ({
      finding,
      change: known.has(key(finding)) ? ('stayed' as const) : ('appeared' as const),
    })),
    ...before
      .filter((finding) => !now.has(key(finding)))
      .map((finding) => ({ finding, change: 'mended' as const })),
  ]
}
