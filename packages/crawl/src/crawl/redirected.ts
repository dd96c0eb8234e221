import { withoutCredentials } from '@corral/http'
import type { FrontierEntry, StoredLink } from '../store/outcome.ts'
import type { CrawlResponse } from './crawl-session.ts'
import { addressOf, redirectedRequest } from './page-request.ts'
import type { Fetched, VisitContext } from './visit-page.ts'

/** A redirect is an answer of its own; where it leads goes through the queue like any link. */
export function redirected(
  entry: FrontierEntry,
  response: CrawlResponse,
  location: string,
  context: VisitContext,
): Fetched {
  const several = location.includes('\n')
  const base = context.normalizer.base(addressOf(entry.url))
  const target = several ? undefined : context.normalizer.normalize(location, base)
  if (target === undefined) {
    return failed(
      'REDIRECT_INVALID',
      `redirects to ${several ? 'several places: ' : ''}${JSON.stringify(withoutCredentials(location.slice(0, 200)))}`,
    )
  }
  if (entry.hops >= context.limits.maxRedirects) {
    return failed(
      'TOO_MANY_REDIRECTS',
      `more than ${context.limits.maxRedirects} redirects in a row`,
    )
  }
  const contentType = response.headers.get('content-type')
  if (context.starts?.has(entry.url) === true && entry.sitemap !== true) {
    context.starts.add(target)
    context.scope.admit(target, entry.url)
  }
  const kept = redirectedRequest(response.status, target, entry.request)
  const to =
    entry.sitemap === true
      ? keptLink(target, 'sitemap', false, undefined)
      : keptLink(kept.url, 'redirect', false, context.scope(target, entry.depth))
  return {
    result: 'answer',
    answer: { status: response.status, contentType, noindex: false },
    headers: response.headers,
    links: [],
    redirect: kept.request === undefined ? to : { ...to, request: kept.request },
  }
}

function failed(code: string, message: string): Fetched {
  return { result: 'failure', failure: { kind: 'redirect', code, message, retryable: false } }
}

/** A link as it is stored. */
export function keptLink(
  url: string,
  kind: string,
  nofollow: boolean,
  skip: string | undefined,
): StoredLink {
  return skip === undefined ? { url, kind, nofollow } : { url, kind, nofollow, skip }
}
