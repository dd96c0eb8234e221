import { escapeBytes } from '@corral/http'
import { refreshTarget } from '../page/meta-refresh.ts'
import type { PageLink } from '../page/link-extractor.ts'
import type { UrlNormalizer } from '../url/url-normalizer.ts'
import type { CrawlResponse } from './crawl-session.ts'

/** Where a Refresh header leads, which says the same as a `<meta>` of that name; at most one. */
export function refreshOf(
  url: string,
  { headers }: CrawlResponse,
  normalizer: UrlNormalizer,
): PageLink[] {
  const target = refreshTarget(headers.get('refresh') ?? '')
  if (target === undefined) return []
  const to = normalizer.normalize(escapeBytes(target), normalizer.base(url))
  return to === undefined ? [] : [{ url: to, kind: 'refresh', nofollow: false }]
}
