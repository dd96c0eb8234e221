import type { StoredLink } from '../outcome.ts'

/** A link from somewhere, as far as the URL that it leads to is concerned. */
export interface Arrival {
  readonly link: StoredLink
  readonly depth: number
  readonly hops: number
}

/** What some links together do to a URL. */
export interface Target {
  readonly url: string
  /** By the shortest way that may be followed; where there is none, by the first. */
  depth: number
  hops: number
  /** Why it is not followed; undefined when some way may be. */
  skip: string | undefined
  readonly sitemap: boolean
  readonly priority: number
  /** What is to be asked beyond the URL. */
  request: string | undefined
  /** Whether it may lead into a trap. */
  readonly suspect: boolean
}

/**
 * One target for each URL, in the order in which they come first: what links one after the other would do.
 *
 * @param maxDepth within which a link that was left out for its depth is followed: who decided may not have known the shortest way
 */
export function mergeLinks(arrivals: Iterable<Arrival>, maxDepth: number): Map<string, Target> {
  const targets = new Map<string, Target>()
  for (const { link, depth, hops } of arrivals) {
    const skip = link.skip === 'depth' && depth <= maxDepth ? undefined : link.skip
    const target = targets.get(link.url)
    if (target === undefined) {
      targets.set(link.url, {
        url: link.url,
        depth,
        hops,
        skip,
        sitemap: link.kind === 'sitemap',
        priority: link.priority ?? 0,
        request: link.request,
        // Seeds and what sitemaps list were named on purpose.
        suspect: link.kind !== 'seed' && link.kind !== 'listed',
      })
      continue
    }
    target.request ??= link.request
    if (skip === undefined && (target.skip !== undefined || depth < target.depth)) {
      target.skip = undefined
      target.depth = depth
      target.hops = hops
    }
  }
  return targets
}
