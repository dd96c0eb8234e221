import { sitemapLimits } from '../sitemap/read-sitemap.ts'
import type { FrontierEntry, Validators } from '../store/outcome.ts'
import { storedRequest } from './page-request.ts'
import type { CrawlRequest, CrawlResponse } from './crawl-session.ts'
import type { VisitContext } from './visit-page.ts'

/**
 * The request for a URL: whether it has changed, where there is a page that lacks nothing, or whose body was kept, so that what
 * it lacks can be extracted.
 */
export function requestFor(
  entry: FrontierEntry,
  { headers, limits: { maxBytes }, extractionSince }: VisitContext,
): CrawlRequest {
  const { before, sitemap, request } = entry
  const isWhole =
    before !== undefined && (before.hasBody === true || !lacksExtraction(entry, extractionSince))
  const limit = sitemap === true ? Math.max(maxBytes, sitemapLimits.bytes) : maxBytes
  if (request !== undefined) {
    const { method = 'GET', headers: own, body } = storedRequest(request)
    const conditions = isWhole && method === 'GET' ? conditionsOf(before) : {}
    return {
      headers: { ...headers, ...conditions, ...own },
      maxBytes: limit,
      ...(method === 'GET' ? {} : { method }),
      ...(body === undefined ? {} : { body }),
    }
  }
  return { headers: isWhole ? { ...headers, ...conditionsOf(before) } : headers, maxBytes: limit }
}

/** Whether a page that is stored was fetched before what is extracted was what it is now. */
export function lacksExtraction({ before }: FrontierEntry, extractionSince = 0): boolean {
  return before !== undefined && before.fetchedAt < extractionSince
}

/** What a server says to ask with; undefined when it says nothing. */
export function validatorsOf({ headers }: CrawlResponse): Validators | undefined {
  const etag = headers.get('etag')
  const lastModified = headers.get('last-modified')
  if (etag === undefined && lastModified === undefined) return undefined
  return { etag: kept(etag), lastModified: kept(lastModified) }
}

/** The headers of a request that asks whether a page has changed [RFC 9110 13.1]. */
function conditionsOf({ etag, lastModified }: Validators): Record<string, string> {
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
  }
}

/** What a server sends may be anything; what is sent back may not. */
function kept(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= 500 && /^[\t -~]+$/.test(value) ? value : undefined
}
