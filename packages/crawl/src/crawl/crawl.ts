import { HttpSession } from '@corral/http'
import { MisuseError, now, shield, sleep, taskGroup } from 'corral'
import { RobotsGate } from '../robots/robots-gate.ts'
import { openStore, type Store } from '../store/store.ts'
import { normalizeUrl, type NormalizeOptions } from '../url/normalize-url.ts'
import { UrlNormalizer } from '../url/url-normalizer.ts'
import { createScope, type ScopeOptions } from '../url/scope.ts'
import { crawlLimitsOf, type CrawlLimits } from './crawl-limits.ts'
import type { CrawlPage } from './crawl-page.ts'
import { ProgressMeter, type CrawlProgress } from './crawl-progress.ts'
import type { CrawlSession } from './crawl-session.ts'
import { Dispatcher } from './dispatcher.ts'
import { OutcomeWriter } from './outcome-writer.ts'
import { visitPage } from './visit-page.ts'

export interface CrawlOptions {
  /** Where to start: http and https URLs. */
  readonly seeds: readonly string[]
  /** A file, which is opened and closed, or a store that is open. */
  readonly store: string | Store
  readonly scope?: ScopeOptions
  readonly limits?: Partial<CrawlLimits>
  /** How URLs are made one: parameters to leave out, or to sort. */
  readonly normalize?: Omit<NormalizeOptions, 'maxLength'>
  /** What to say to servers; its first word, up to a slash, is the name that robots.txt files know. */
  readonly userAgent?: string
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether robots.txt is obeyed. @default true */
  readonly obeyRobots?: boolean
  /** The HTTP session to use; one of its own when left out. */
  readonly session?: CrawlSession
  /** Handed every page, before it is stored; may wait. What it throws is the page's failure, not the crawl's. */
  readonly onPage?: (page: CrawlPage) => unknown
  /** Told how far it is: every `progressInterval` milliseconds, and at the end. */
  readonly onProgress?: (progress: CrawlProgress) => void
  /** @default 250 */
  readonly progressInterval?: number
}

/** What servers are told when nothing else is asked for. */
export const defaultUserAgent: string = 'corral/0.1 (+https://www.npmjs.com/package/@corral/crawl)'

/**
 * Crawls from seeds, politely, and stores pages, links, failures and the queue in SQLite. What ends it, a failure,
 * a cancellation or kill -9: the same call again goes on where it stood, nothing lost, nothing stored
 * fetched again. A page that cannot be had is a row in the store, no error.
 *
 * Cancellation: requests in flight are closed, what has been read is stored, and `Cancelled` is thrown.
 *
 * @throws MisuseError for a seed that is no http URL or a limit out of range
 * @throws StoreError when the store cannot be opened or written
 * @example
 * const { pages, failed } = await crawl({ seeds: ['http://a.test/'], store: 'crawl.db' })
 */
export async function crawl(options: CrawlOptions): Promise<CrawlProgress> {
  const limits = crawlLimitsOf(options.limits)
  const normalize = { ...options.normalize, maxLength: limits.maxUrlLength }
  const seeds = seedsOf(options.seeds, normalize)
  const plan: Plan = { options, limits, normalize, seeds }

  if (typeof options.store !== 'string') return withSession(plan, options.store)
  const { maxDepth = Infinity } = options.scope ?? {}
  await using store = await openStore(options.store, { maxDepth })
  return await withSession(plan, store)
}

interface Plan {
  readonly options: CrawlOptions
  readonly limits: CrawlLimits
  readonly normalize: NormalizeOptions
  readonly seeds: readonly string[]
}

async function withSession(plan: Plan, store: Store): Promise<CrawlProgress> {
  if (plan.options.session !== undefined) return work(plan, store, plan.options.session)
  await using session = sessionOf(plan.limits)
  return await work(plan, store, session)
}

async function work(plan: Plan, store: Store, session: CrawlSession): Promise<CrawlProgress> {
  const { options, limits, seeds } = plan
  await store.seed(seeds)
  const userAgent = options.userAgent ?? defaultUserAgent
  const context = {
    session,
    limits,
    normalizer: new UrlNormalizer(plan.normalize),
    scope: createScope(seeds, options.scope),
    agent: /^[a-z_-]+/i.exec(userAgent)?.[0] ?? 'corral',
    headers: { 'user-agent': userAgent, accept: 'text/html,*/*;q=0.5', ...options.headers },
    onPage: options.onPage,
  }
  const meter = new ProgressMeter(store.counts, now())
  const writer = new OutcomeWriter(store)
  const dispatcher = new Dispatcher({
    store,
    writer,
    limits,
    robots: options.obeyRobots === false ? undefined : new RobotsGate(context),
    visit: ({ entry, attempt }) => visitPage(entry, attempt, context),
    onRetry: () => meter.retries++,
  })
  const read = (): CrawlProgress => meter.read(store.counts, dispatcher.inFlight, now())

  let finished = false
  try {
    await taskGroup(
      async (group) => {
        const writing = group.spawn(() => writer.run(dispatcher), { name: 'store' })
        const ticking = group.spawn(() => tick(options, read), { name: 'progress' })
        await dispatcher.run(group)
        writing.cancel()
        ticking.cancel()
      },
      { name: 'crawl' },
    )
    finished = true
  } finally {
    // Cut short: what was read is stored, unless it is the store that failed.
    if (!finished) await shield(() => writer.flush())
  }
  const last = read()
  options.onProgress?.(last)
  return last
}

function sessionOf({ concurrency, concurrencyPerHost, timeout }: CrawlLimits): HttpSession {
  return new HttpSession({ limit: concurrency, limitPerHost: concurrencyPerHost, timeout })
}

async function tick(options: CrawlOptions, report: () => CrawlProgress): Promise<void> {
  const { onProgress, progressInterval = 250 } = options
  if (onProgress === undefined) return
  for (;;) {
    onProgress(report())
    await sleep(progressInterval)
  }
}

function seedsOf(given: readonly string[], normalize: NormalizeOptions): string[] {
  if (given.length === 0) throw new MisuseError('crawl: seeds must name at least one URL, got none')
  return given.map((seed) => {
    const url = normalizeUrl(seed, undefined, normalize)
    if (url !== undefined) return url
    throw new MisuseError(`crawl: seeds must be http or https URLs, got ${JSON.stringify(seed)}`)
  })
}
