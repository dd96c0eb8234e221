import { basicAuthorization } from '@corral/http'
import { MisuseError } from 'corral'
import type { CrawlRequest, CrawlResponse, CrawlSession } from '../crawl/crawl-session.ts'
import { originOf } from '../url/origin.ts'

type Headers = Readonly<Record<string, string>>

export interface OwnHeadersOptions {
  /** As they were given: URLs that may have user and password. */
  readonly seeds: readonly string[]
  /** Further origins that are trusted. */
  readonly origins?: readonly string[] | undefined
  /** As they were given. They may be anywhere: only user and password that stand in one go to its origin. */
  readonly sitemaps?: readonly string[] | undefined
  readonly headers?: Headers | undefined
  /** Then Proxy-Authorization is for the proxy alone. */
  readonly hasProxy?: boolean
}

/**
 * A session that adds the headers which were set for the crawl, and user and password of seeds, to the requests for their
 * origins, and to no others. Whatever made somebody ask (a link, a redirect, a robots.txt, a sitemap, a retry, a queue
 * that was stored): it is the URL alone that decides [Fetch 4.4].
 */
export class OwnHeadersSession implements CrawlSession {
  readonly #session: CrawlSession
  readonly #byOrigin: ReadonlyMap<string, Headers>

  constructor(session: CrawlSession, byOrigin: ReadonlyMap<string, Headers>) {
    this.#session = session
    this.#byOrigin = byOrigin
  }

  get(url: string, request: CrawlRequest): Promise<CrawlResponse> {
    const own = this.#byOrigin.get(originOf(url))
    if (own === undefined) return this.#session.get(url, request)
    return this.#session.get(url, { ...request, headers: merged(request.headers, own) })
  }
}

/**
 * Which headers go to which origin.
 *
 * @throws MisuseError for two users or passwords of one origin, or headers that go nowhere; no message has any of them
 */
export function ownHeaders(options: OwnHeadersOptions): ReadonlyMap<string, Headers> {
  const { seeds, origins = [], sitemaps = [], headers = {}, hasProxy = false } = options
  const common = lowerCased(headers)
  if (hasProxy) delete common['proxy-authorization']
  const byOrigin = new Map<string, Headers>()
  const users = new Map<string, string>()
  const trusted = [...seeds, ...origins].map((text) => new URL(text))
  if (trusted.length === 0 && Object.keys(common).length > 0) {
    throw new MisuseError(
      'crawl: headers are sent to the origins of seeds, and there are none; name others in headerOrigins',
    )
  }
  const named = sitemaps.map((text) => new URL(text))
  for (const url of [...trusted, ...named]) {
    const authorization = basicAuthorization(url)
    const { origin } = url
    const before = users.get(origin)
    if (authorization !== undefined) {
      if (before !== undefined && before !== authorization) {
        throw new MisuseError(
          `crawl: seeds must have one user and password for ${origin}, got two; crawl them one after the other`,
        )
      }
      users.set(origin, authorization)
    }
    const user = authorization ?? before
    const own = trusted.some((each) => each.origin === origin) ? common : {}
    // What was said of one origin goes before what was said of all.
    byOrigin.set(origin, user === undefined ? own : { ...own, authorization: user })
  }
  const isNeeded = Object.keys(common).length > 0 || users.size > 0
  return isNeeded ? byOrigin : new Map()
}

/** Those of the request itself, such as its conditions, go before those of the crawl; what everyone is told goes behind. */
function merged(request: Headers, own: Headers): Headers {
  const headers: Record<string, string> = { ...request, ...own }
  for (const [name, value] of Object.entries(request)) {
    if (name.startsWith('if-')) headers[name] = value
  }
  return headers
}

function lowerCased(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}
