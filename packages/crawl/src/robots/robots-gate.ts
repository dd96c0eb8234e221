import { parseRetryAfter } from '@corral/http'
import { isCancelled, now, sleep, timeout } from 'corral'
import { currentScope } from 'corral/lowlevel'
import { backoffAfter } from '../crawl/backoff.ts'
import type { CrawlLimits } from '../crawl/crawl-limits.ts'
import type { CrawlResponse, CrawlSession } from '../crawl/crawl-session.ts'
import { failureOfError, failureOfStatus, type Failure } from '../fetch/failure.ts'
import { locationOf } from '../crawl/location.ts'
import { normalizeUrl } from '../url/normalize-url.ts'
import { originOf } from '../url/origin.ts'
import { WarcError } from '../warc/warc-error.ts'
import { parseRobotsTxt, robotsTxtLimit } from './robots-txt.ts'
import { allowAll, isAllowedByRobots, selectRobotsRules, type RobotsRules } from './robots-rules.ts'
import { robotsAccess } from './robots-access.ts'

export interface RobotsGateContext {
  readonly session: CrawlSession
  readonly limits: CrawlLimits
  /** Our product token. */
  readonly agent: string
  readonly headers: Readonly<Record<string, string>>
  /** Told of the sitemaps that a robots.txt names, normalised, when it has been read. */
  readonly onSitemaps?: ((urls: readonly string[]) => Promise<void>) | undefined
}

/** Where a robots.txt is, as far as redirects have been followed. */
interface Place {
  url: string
}

/** What a robots.txt says of one URL; `unknown` when it has not been read, or too long ago. */
export type RobotsAnswer =
  | { readonly answer: 'allowed' }
  | { readonly answer: 'disallowed' }
  | { readonly answer: 'unreachable'; readonly failure: Failure }
  | { readonly answer: 'unknown' }

const lifetime = 24 * 60 * 60 * 1000
const maxOrigins = 10_000
const maxRedirects = 5
const maxSitemaps = 1000

type Known = { readonly readAt: number } & (
  | { readonly rules: RobotsRules }
  | { readonly failure: Failure }
)

/**
 * The robots.txt of every origin that is visited: read once, kept for a day. A server that cannot give its own may not
 * be crawled, and the URLs there fail for that reason.
 */
export class RobotsGate {
  readonly #context: RobotsGateContext
  readonly #known = new Map<string, Known>()

  constructor(context: RobotsGateContext) {
    this.#context = context
  }

  ask(origin: string, url: string): RobotsAnswer {
    const known = this.#known.get(origin)
    if (known === undefined || now() - known.readAt > lifetime) return { answer: 'unknown' }
    if ('failure' in known) return { answer: 'unreachable', failure: known.failure }
    return { answer: isAllowedByRobots(known.rules, url) ? 'allowed' : 'disallowed' }
  }

  /** Milliseconds between requests that the robots.txt asks for, as far as it is obeyed. */
  delayOf(origin: string): number {
    const known = this.#known.get(origin)
    if (known === undefined || !('rules' in known)) return 0
    return Math.min((known.rules.crawlDelay ?? 0) * 1000, this.#context.limits.maxCrawlDelay)
  }

  /** Reads the robots.txt of an origin, unless it is known. */
  async open(origin: string): Promise<void> {
    const known = this.#known.get(origin)
    if (known !== undefined && now() - known.readAt <= lifetime) return
    const found = await this.#read(origin)
    this.#known.delete(origin)
    this.#known.set(origin, { ...found, readAt: now() })
    if (this.#known.size <= maxOrigins) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  async #tellSitemaps(sitemaps: readonly string[], base: string): Promise<void> {
    const { onSitemaps } = this.#context
    if (onSitemaps === undefined) return
    const urls = sitemaps.slice(0, maxSitemaps).map((each) => normalizeUrl(each, base))
    await onSitemaps(urls.filter((url) => url !== undefined))
  }

  async #read(origin: string): Promise<{ rules: RobotsRules } | { failure: Failure }> {
    const { limits } = this.#context
    for (let attempt = 1; ; attempt++) {
      const found = await this.#try(origin)
      if (!('failure' in found)) return found
      if (!found.failure.retryable || attempt >= limits.attempts) {
        return { failure: found.failure }
      }
      await sleep(backoffAfter(attempt, limits, found.retryAfter, currentScope().runtime.random()))
    }
  }

  async #try(
    origin: string,
  ): Promise<{ rules: RobotsRules } | { failure: Failure; retryAfter?: number | undefined }> {
    const at: Place = { url: `${origin}/robots.txt` }
    try {
      return await timeout(this.#context.limits.timeout, () => this.#fetch(origin, at))
    } catch (error) {
      if (isCancelled(error) || error instanceof WarcError) throw error
      const failure = failureOfError(error)
      // Where there was no answer at all it is the host that cannot be had.
      const own = failure.kind !== 'body' && originOf(at.url) === origin
      return { failure: own ? failure : blamed(failure, origin) }
    }
  }

  async #fetch(
    origin: string,
    at: Place,
  ): Promise<{ rules: RobotsRules } | { failure: Failure; retryAfter?: number | undefined }> {
    // Of more than a robots.txt counts the start is read.
    const request = { headers: this.#context.headers, maxBytes: 16 * robotsTxtLimit }
    for (let hops = 0; hops <= maxRedirects; hops++) {
      await using response = await this.#context.session.get(at.url, request)
      const { status } = response
      const target = status >= 300 && status < 400 ? locationOf(response) : undefined
      const next =
        target === undefined || target.includes('\n') ? undefined : normalizeUrl(target, at.url)
      if (next !== undefined) {
        at.url = next
        continue
      }
      const access = robotsAccess(status)
      if (access === 'disallow-all') {
        const failure = blamed(failureOfStatus(status, response.statusText), origin)
        return { failure, retryAfter: parseRetryAfter(response.headers.get('retry-after'), now()) }
      }
      if (access === 'allow-all') return { rules: allowAll }
      const robots = parseRobotsTxt(await startOf(response))
      if (robots.sitemaps.length > 0) await this.#tellSitemaps(robots.sitemaps, at.url)
      return { rules: selectRobotsRules(robots, this.#context.agent) }
    }
    return { rules: allowAll }
  }
}

/** A failure that is the fault of the robots.txt. */
function blamed(failure: Failure, origin: string): Failure {
  const message = `robots.txt of ${origin} cannot be had: ${failure.message}`
  return { ...failure, kind: 'robots', message }
}

/** The first bytes of a body: as many as a robots.txt counts, and one to see that there is more. */
async function startOf(response: CrawlResponse): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    parts.push(chunk)
    size += chunk.length
    if (size > robotsTxtLimit) break
  }
  return Buffer.concat(parts)
}
