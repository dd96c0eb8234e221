import { sleep } from 'corral'
import { originOf } from '../url/origin.ts'
import type { CrawlResponse } from './crawl-session.ts'
import { discard } from './discard.ts'
import { isRedirect, locationOf } from './location.ts'
import type { VisitContext } from './visit-page.ts'

/** Redirects after each other that a cookie is looked for behind. */
const wallHops = 3

/**
 * Whether a redirect that sets cookies comes back to where it began, as sites do that want to see whether cookies are kept: then
 * the page is asked for again, with them.
 */
export async function leadsBack(
  url: string,
  first: CrawlResponse,
  firstLocation: string,
  { session, normalizer, headers, limits }: VisitContext,
): Promise<boolean> {
  let setsCookie = first.headers.get('set-cookie') !== undefined
  let at = url
  let location: string | undefined = firstLocation
  for (let hop = 0; hop < wallHops; hop++) {
    const next: string | undefined =
      location === undefined ? undefined : normalizer.normalize(location, normalizer.base(at))
    if (next === url) return setsCookie
    // Elsewhere it is no affair of this page, nor of what may be asked there.
    if (next === undefined || originOf(next) !== originOf(url) || !setsCookie) return false
    if (limits.delay > 0) await sleep(limits.delay)
    await using response = await session.get(next, { headers, maxBytes: limits.maxBytes })
    if (!isRedirect(response.status)) return false
    await discard(response)
    setsCookie ||= response.headers.get('set-cookie') !== undefined
    at = next
    location = locationOf(response)
  }
  return false
}
