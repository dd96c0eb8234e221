import { now } from 'corral'
import { readSitemap, type Sitemap } from '../sitemap/read-sitemap.ts'
import type { FrontierEntry, StoredLink } from '../store/outcome.ts'
import type { Scope } from '../url/scope.ts'
import type { UrlNormalizer } from '../url/url-normalizer.ts'
import type { CrawlResponse } from './crawl-session.ts'

/** Sitemaps inside each other: an index of indexes is already against the protocol. */
const maxNesting = 4

export interface VisitedSitemap {
  readonly links: readonly StoredLink[]
  readonly bytes: number
  readonly charset: string
  readonly note: string
}

/**
 * Reads a sitemap that was asked for as one: its pages and sitemaps are links of it, with the time of their last change.
 *
 * Cancellation: that of the response.
 */
export async function visitSitemap(
  entry: FrontierEntry,
  response: CrawlResponse,
  context: { readonly scope: Scope; readonly normalizer: UrlNormalizer },
): Promise<VisitedSitemap> {
  const sitemap = await readSitemap(response.body, response.headers.get('content-type'))
  const base = context.normalizer.base(entry.url)
  const time = Math.round(now())
  const links = new Map<string, StoredLink>()
  for (const { location, isSitemap, changedAt } of sitemap.items) {
    const url = context.normalizer.normalize(location, base)
    if (url === undefined || links.has(url)) continue
    if (isSitemap && entry.hops >= maxNesting) continue
    const skip = isSitemap ? undefined : context.scope(url, entry.depth)
    links.set(url, {
      url,
      kind: isSitemap ? 'sitemap' : 'listed',
      nofollow: false,
      ...(skip === undefined ? {} : { skip }),
      // One that says it changes later cannot be taken by its word.
      ...(changedAt === undefined ? {} : { changedAt: Math.min(changedAt, time) }),
    })
  }
  const { bytes, charset } = sitemap
  return { links: [...links.values()], bytes, charset, note: noteOf(sitemap, response) }
}

function noteOf({ items, dropped, oddity }: Sitemap, response: CrawlResponse): string {
  const odd = oddity ?? response.bodyNote
  const also = odd === undefined ? '' : `; ${odd}`
  if (items.length === 0) return `no sitemap, or an empty one${also}`
  const more = dropped === 0 ? '' : `; ${dropped} more left out`
  return `sitemap of ${items.length}${more}${also}`
}
