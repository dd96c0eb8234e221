import { MisuseError, now, shield, sleep, taskGroup } from 'corral'
import { ForeignSession } from '../fetch/foreign-session.ts'
import type { FileCookie } from '../fetch/cookie-file.ts'
import { OwnHeadersSession, ownHeaders } from '../fetch/own-headers.ts'
import { RobotsGate } from '../robots/robots-gate.ts'
import { robotsToken } from '../robots/robots-token.ts'
import { openStore } from '../store/open-store.ts'
import type { Seed } from '../store/outcome.ts'
import type { Store } from '../store/store.ts'
import type { NormalizeOptions } from '../url/normalize-url.ts'
import { UrlNormalizer } from '../url/url-normalizer.ts'
import { createScope } from '../url/scope.ts'
import { checkOptions } from './check-options.ts'
import { cookiesIn, keepsCookies, withCookies } from './crawl-cookies.ts'
import { crawlLimitsOf, type CrawlLimits } from './crawl-limits.ts'
import type { CrawlOptions } from './crawl-options.ts'
import { CrawlRun } from './crawl-run.ts'
import { ProgressMeter, type CrawlProgress } from './crawl-progress.ts'
import type { CrawlSession } from './crawl-session.ts'
import { Dispatcher, type Attempt } from './dispatcher.ts'
import type { CrawlPage } from './crawl-page.ts'
import { HostHealth } from './host-health.ts'
import { extractionOf, judgeAgain, judgementOf } from './judge-again.ts'
import { createLinkPolicy } from './link-policy.ts'
import { OutcomeWriter } from './outcome-writer.ts'
import { logIn } from './login.ts'
import { openSession } from './own-session.ts'
import { rendering } from './rendering.ts'
import { addressOf } from './page-request.ts'
import { PageHandling, type PageHandler } from './page-handling.ts'
import { seedsOf, urlsOf } from './start-points.ts'
import { tellUnreachable, watchVisits } from './visit-event.ts'
import { visitPage, type Visit } from './visit-page.ts'

/** What servers are told when nothing else is asked for. */
export const defaultUserAgent: string = 'corral/0.1 (+https://www.npmjs.com/package/@corral/crawl)'

/**
 * Crawls from seeds, politely, and stores pages, links, failures and the queue in SQLite. What ends it, a failure,
 * a cancellation or kill -9: the same call again goes on where it stood, nothing lost, nothing stored
 * fetched again. A page that cannot be had is a row in the store, no error.
 *
 * Cancellation: requests in flight are closed, what has been read is stored, and `Cancelled` is thrown.
 *
 * It begins when it is awaited or iterated: `for await (const page of crawl(...))`.
 *
 * @throws MisuseError for a seed that is no http URL, a limit out of range, or another option that is wrong
 * @throws StoreError when the store cannot be opened or written
 * @example
 * const { pages, failed } = await crawl({ seeds: ['http://a.test/'], store: 'crawl.db' })
 */
export function crawl<T = unknown, Item = unknown>(
  options: CrawlOptions<T, Item>,
): CrawlRun<T, Item> {
  return new CrawlRun((offer) => start(options, offer))
}

async function start<T, Item>(
  options: CrawlOptions<T, Item>,
  offer: ((page: CrawlPage<T, Item>) => Promise<void>) | undefined,
): Promise<CrawlProgress> {
  checkOptions(options)
  const limits = crawlLimitsOf(options.limits)
  const normalize = { ...options.normalize, maxLength: limits.maxUrlLength }
  const requests = seedsOf(options.seeds, options.handlers ?? {}, normalize)
  const seeds = requests.map(({ url }) => addressOf(url))
  const sitemaps = urlsOf('sitemaps', options.sitemaps ?? [], normalize)
  if (seeds.length + sitemaps.length === 0) {
    throw new MisuseError('crawl: seeds must name at least one URL, got none')
  }
  const { extract, onPage, handlers, handlerErrors, itemSchema, pipeline } = options
  const isHandled = [onPage, extract, handlers, offer].some((each) => each !== undefined)
  const handling = isHandled
    ? new PageHandling<T, Item>({
        extract,
        onPage,
        handlers,
        offer,
        itemSchema,
        pipeline,
        handlerErrors,
        handlerTimeout: limits.handlerTimeout,
      })
    : undefined
  const headersWith = (more: Headers = {}): ReadonlyMap<string, Headers> =>
    ownHeaders({
      seeds: options.seeds.map((seed) => (typeof seed === 'string' ? seed : seed.url)),
      sitemaps: options.sitemaps,
      origins: options.headerOrigins,
      headers: { ...options.headers, ...more },
      hasProxy: options.proxy !== undefined,
    })
  headersWith()
  const extraction = extractionOf(options)
  const fileCookies = await cookiesIn(options.cookieFile)
  const plan: Plan = {
    options,
    limits,
    normalize,
    requests,
    seeds,
    handling,
    sitemaps,
    headersWith,
    extraction,
    fileCookies,
  }

  if (typeof options.store !== 'string') return withSession(plan, options.store)
  const { maxDepth = Infinity } = options.scope ?? {}
  await using store = await openStore(options.store, {
    maxDepth,
    ...(options.traps === undefined ? {} : { traps: options.traps }),
  })
  return await withSession(plan, store)
}

interface Plan {
  readonly options: Omit<
    CrawlOptions,
    'onPage' | 'handlers' | 'extract' | 'itemSchema' | 'pipeline'
  >
  readonly handling: PageHandler | undefined
  readonly limits: CrawlLimits
  readonly normalize: NormalizeOptions
  readonly requests: readonly Seed[]
  /** Their URLs alone. */
  readonly seeds: readonly string[]
  readonly sitemaps: readonly string[]
  /** Which headers go to which origin, with some more. */
  readonly headersWith: (more?: Headers) => ReadonlyMap<string, Headers>
  /** A hash of what is extracted; 0 for nothing. */
  readonly extraction: number
  readonly fileCookies: readonly FileCookie[]
}

async function withSession(plan: Plan, store: Store): Promise<CrawlProgress> {
  const { options, seeds, sitemaps, limits } = plan
  if (options.session !== undefined) {
    return await withWrappers(plan, store, new ForeignSession(options.session))
  }
  await using session = openSession([...seeds, ...sitemaps], mostOf(limits, options), options)
  return await withWrappers(plan, store, session)
}

/** What the session lets through: the most that any host may have. */
function mostOf(limits: CrawlLimits, { hosts = {} }: Plan['options']): CrawlLimits {
  const own = Object.values(hosts).map(({ concurrency = 0 }) => concurrency)
  return { ...limits, concurrencyPerHost: Math.max(limits.concurrencyPerHost, ...own) }
}

/** Puts around the session what is asked for, and loads nothing else. */
async function withWrappers(
  plan: Plan,
  store: Store,
  session: CrawlSession,
): Promise<CrawlProgress> {
  const { warc, userAgent = defaultUserAgent } = plan.options
  await using cookieSession = keepsCookies(plan.options)
    ? await withCookies(session, store, plan.fileCookies)
    : undefined
  const kept = await loggedIn(plan, cookieSession ?? session)
  if (warc === undefined) return await work(plan, store, await rendering(plan.options.render, kept))
  const { WarcWriter } = await import('../warc/warc-writer.ts')
  const { WarcSession } = await import('../warc/warc-session.ts')
  await using writer = new WarcWriter({ directory: warc, software: userAgent })
  return await work(
    plan,
    store,
    await rendering(plan.options.render, new WarcSession(kept, writer)),
  )
}

/** Inside of the archive: what it records may be published, and has none of these headers. */
async function loggedIn(
  { options, limits, headersWith }: Plan,
  session: CrawlSession,
): Promise<CrawlSession> {
  const own = withHeaders(session, headersWith())
  const { login } = options
  if (login === undefined) return own
  const { headers = {} } = await logIn(login, own, {
    headers: { 'user-agent': options.userAgent ?? defaultUserAgent },
    maxBytes: limits.maxBytes,
  })
  return withHeaders(session, headersWith(headers))
}

function withHeaders(session: CrawlSession, own: ReadonlyMap<string, Headers>): CrawlSession {
  return own.size === 0 ? session : new OwnHeadersSession(session, own)
}

async function work(plan: Plan, store: Store, session: CrawlSession): Promise<CrawlProgress> {
  const { options, limits, seeds } = plan
  const startedAt = Math.round(now())
  if (seeds.length > 0) await store.seed(plan.requests)
  if (plan.sitemaps.length > 0) await store.seedSitemaps(plan.sitemaps, startedAt)
  const { refreshAfter, onVisit } = options
  if (refreshAfter !== undefined) await store.refresh(startedAt - refreshAfter)
  const redirects = await store.redirectsOf(seeds)
  const starts = new Set([...seeds, ...redirects.map(({ target }) => target)])
  const scope = createScope([...seeds, ...plan.sitemaps], options.scope)
  for (const { source, target } of redirects) scope.admit(target, source)
  const judgement = judgementOf(options, [...starts, ...plan.sitemaps])
  const noted = await store.note(judgement, plan.extraction, startedAt)
  await judgeAgain(store, options, scope, noted.isNew)
  const userAgent = options.userAgent ?? defaultUserAgent
  const context = {
    session,
    limits,
    normalizer: new UrlNormalizer(plan.normalize),
    scope,
    starts,
    keepsCookies: keepsCookies(options),
    extractionSince: noted.extractionSince,
    agent: robotsToken(userAgent),
    headers: { 'user-agent': userAgent, accept: 'text/html,*/*;q=0.5' },
    handling: plan.handling,
    dedupe: options.dedupe,
    keepBodies: options.keep === 'bodies',
    bodyOf: (id: number) => store.bodyOf(id),
    bodies: options.bodies,
    ignoreNofollow: options.nofollow === 'ignore',
    linkPolicy: createLinkPolicy(options),
    onSitemaps: options.findSitemaps === true ? queueSitemaps : undefined,
  }
  const visit = ({ entry, attempt }: Attempt): Promise<Visit> => visitPage(entry, attempt, context)
  const meter = new ProgressMeter(store.counts, now())
  const writer = new OutcomeWriter(store)
  const dispatcher = new Dispatcher({
    store,
    writer,
    limits,
    hosts: options.hosts,
    health: options.autoThrottle === false ? undefined : new HostHealth(limits),
    robots: options.obeyRobots === false ? undefined : new RobotsGate(context),
    visit: onVisit === undefined ? visit : watchVisits(visit, onVisit),
    onRetry: () => meter.retries++,
    onUnreachable: onVisit && ((item, failure) => tellUnreachable(item, failure, onVisit)),
  })
  async function queueSitemaps(urls: readonly string[]): Promise<void> {
    await store.seedSitemaps(urls, startedAt)
    dispatcher.changed()
  }
  const read = (): CrawlProgress =>
    meter.read(store.counts, dispatcher.inFlight, now(), dispatcher.waiting)

  let finished = false
  try {
    await taskGroup(
      async (group) => {
        const writing = group.spawn(() => writer.run(dispatcher), { name: 'store' })
        const { share } = store
        const keeping = share && group.spawn(() => share.keep(dispatcher), { name: 'lease' })
        const ticking = group.spawn(() => tick(options, read), { name: 'progress' })
        await dispatcher.run(group)
        writing.cancel()
        ticking.cancel()
        keeping?.cancel()
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

async function tick(
  options: Pick<CrawlOptions, 'onProgress' | 'progressInterval'>,
  report: () => CrawlProgress,
): Promise<void> {
  const { onProgress, progressInterval = 250 } = options
  if (onProgress === undefined) return
  for (;;) {
    onProgress(report())
    await sleep(progressInterval)
  }
}

type Headers = Readonly<Record<string, string>>
