import { withoutCredentials } from '@corral/http'
import { MisuseError } from 'corral'
import type { Seed } from '../store/outcome.ts'
import { normalizeUrl, type NormalizeOptions } from '../url/normalize-url.ts'
import { keptRequest, type SeedRequest } from './page-request.ts'

/**
 * Where a crawl starts, as it is stored.
 *
 * @param handlers by their names
 * @throws MisuseError
 */
export function seedsOf(
  given: readonly (string | SeedRequest)[],
  handlers: object,
  normalize: NormalizeOptions,
): Seed[] {
  return given.map((each) => {
    if (typeof each === 'string') return { url: urlsOf('seeds', [each], normalize)[0] as string }
    const { handler, priority = 0 } = each
    if (handler !== undefined && !Object.hasOwn(handlers, handler)) {
      throw new MisuseError(
        `crawl: seeds must name one of handlers (${Object.keys(handlers).join(', ')}), got ${JSON.stringify(handler)}`,
      )
    }
    const [url = ''] = urlsOf('seeds', [each.url], normalize)
    const kept = keptRequest('crawl: seeds', url, each)
    return {
      url: kept.url,
      ...(kept.request === undefined ? {} : { request: kept.request }),
      ...(priority === 0 ? {} : { priority: Math.trunc(priority) }),
    }
  })
}

/**
 * URLs that are given, normalised.
 *
 * @throws MisuseError for one that is no http URL
 */
export function urlsOf(
  option: string,
  given: readonly string[],
  normalize: NormalizeOptions,
): string[] {
  return given.map((each) => {
    const url = normalizeUrl(each, undefined, normalize)
    if (url !== undefined) return url
    throw new MisuseError(
      `crawl: ${option} must be http or https URLs, got ${JSON.stringify(withoutCredentials(each))}`,
    )
  })
}
