import { gather, isCancelled, now, sleep, taskGroup, throwIfCancelled } from 'corral'
import { always, explore, failpoint } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { defaultCrawlLimits, type CrawlLimits } from '../../src/crawl/crawl-limits.ts'
import { Dispatcher } from '../../src/crawl/dispatcher.ts'
import { HostHealth } from '../../src/crawl/host-health.ts'
import { OutcomeWriter } from '../../src/crawl/outcome-writer.ts'
import type { Visit } from '../../src/crawl/visit-page.ts'
import type { FrontierEntry, Outcome } from '../../src/store/outcome.ts'
import { link, somePage } from '../store/outcomes.ts'

/** Pages and where they lead: two hosts, with links across, back and to what is not there. */
const site: Readonly<Record<string, readonly string[]>> = {
  'http://a.test/': ['http://a.test/1', 'http://b.test/'],
  'http://a.test/1': ['http://a.test/', 'http://a.test/2'],
  'http://a.test/2': ['http://b.test/gone'],
  'http://b.test/': ['http://a.test/2', 'http://b.test/gone'],
}

/** A store in memory whose calls take their time. */
class SlowStore {
  readonly #queue: FrontierEntry[] = []
  readonly #known = new Set<string>()
  readonly outcomes: Outcome[] = []

  constructor(url: string) {
    this.#enqueue(url)
  }

  get counts() {
    const pages = this.outcomes.filter(({ result }) => result === 'page').length
    const queued = this.#known.size - this.outcomes.length
    return {
      queued,
      pages,
      failed: this.outcomes.length - pages,
      skipped: 0,
      bytes: 0,
      failures: {},
    }
  }

  async claim(limit: number): Promise<FrontierEntry[]> {
    const entries = this.#queue.splice(0, Math.min(limit, 2))
    await sleep(0)
    return entries
  }

  async commit(outcomes: readonly Outcome[]): Promise<void> {
    await sleep(1)
    for (const outcome of outcomes) {
      this.outcomes.push(outcome)
      if (outcome.result !== 'page') continue
      for (const { url } of outcome.links) this.#enqueue(url)
    }
  }

  #enqueue(url: string): void {
    if (this.#known.has(url)) return
    this.#known.add(url)
    this.#queue.push({ id: this.#known.size, url, depth: 0, hops: 0 })
  }
}

/** What is seen of a crawl from the outside. */
class Web {
  readonly starts: Record<string, number[]> = {}
  readonly asked: string[] = []
  readonly busy: Record<string, number> = {}

  async visit(url: string): Promise<Visit> {
    const { origin } = new URL(url)
    this.asked.push(url)
    ;(this.starts[origin] ??= []).push(now())
    this.busy[origin] = (this.busy[origin] ?? 0) + 1
    try {
      await sleep(3)
      await failpoint('answer')
    } catch {
      throwIfCancelled()
      const failure = {
        kind: 'network',
        code: 'RESET',
        message: 'broken',
        retryable: true,
      } as const
      return { result: 'failure', failure }
    } finally {
      this.busy[origin] -= 1
    }
    const links = site[url]?.map((target) => link(target))
    if (links !== undefined) return { result: 'page', page: somePage, links }
    const failure = { kind: 'http', code: '404', message: 'status 404', retryable: false } as const
    return { result: 'failure', failure }
  }
}

/** Crawls the site; fails where more goes to a host at a time than is polite. */
async function crawl(given: Partial<CrawlLimits>): Promise<{ store: SlowStore; web: Web }> {
  const limits = { ...defaultCrawlLimits, concurrency: 3, concurrencyPerHost: 2, ...given }
  const store = new SlowStore('http://a.test/')
  const writer = new OutcomeWriter(store)
  const web = new Web()
  const dispatcher = new Dispatcher({
    store,
    writer,
    robots: undefined,
    limits,
    health: new HostHealth(limits),
    visit: ({ entry }) => web.visit(entry.url),
    onRetry: () => {},
  })
  always('no host is asked for more at a time than it may be', () =>
    Object.values(web.busy).every((n) => n <= limits.concurrencyPerHost),
  )
  await taskGroup(async (group) => {
    const writing = group.spawn(() => writer.run(dispatcher), { name: 'writer' })
    await taskGroup((visits) => dispatcher.run(visits))
    writing.cancel()
  })
  await writer.flush()
  return { store, web }
}

const all = [...Object.keys(site), 'http://b.test/gone'].toSorted()

describe('a crawl, in many orders and with answers that fail', () => {
  test('gives each URL one outcome, and ends when all are stored', async () => {
    const { schedules } = await explore(
      async () => {
        const { store, web } = await crawl({ retryDelay: 10, maxRetryDelay: 20 })
        const urls = store.outcomes.map(({ entry }) => entry.url).toSorted()
        expect(urls).toEqual(all)
        expect(new Set(web.asked).size).toBe(all.length)
      },
      { budget: 200 },
    )
    expect(schedules).toBe(200)
  })

  test('leaves the delay between the starts of requests to one host', async () => {
    const { schedules } = await explore(
      async () => {
        const { web } = await crawl({ delay: 100, concurrencyPerHost: 1 })
        for (const times of Object.values(web.starts)) {
          const gaps = times.slice(1).map((at, i) => at - (times[i] as number))
          expect(Math.min(...gaps)).toBeGreaterThanOrEqual(97) // the first may be late, the next one in time
        }
      },
      { budget: 150, lateness: 3 },
    )
    expect(schedules).toBe(150)
  })

  test('stores no more pages than asked for, and keeps what it has when it is cancelled', async () => {
    await explore(
      async () => {
        const { store } = await crawl({ maxPages: 2 })
        expect(store.counts.pages).toBeLessThanOrEqual(2)
      },
      { budget: 100 },
    )
    const { schedules } = await explore(
      async () => {
        const stored: Outcome[] = []
        const store = {
          async commit(outcomes: readonly Outcome[]): Promise<void> {
            await sleep(2)
            stored.push(...outcomes)
          },
        }
        const writer = new OutcomeWriter(store)
        await gather({
          writer: () => writer.run({ starving: true, committed: () => {} }),
          adds: async () => {
            for (let id = 1; id <= 3; id++) {
              await sleep(1)
              const failure = { kind: 'http', code: '404', message: '', attempts: 1, failedAt: 0 }
              const entry = { id, url: `http://a.test/${id}`, depth: 0, hops: 0 }
              writer.add({ result: 'failure', entry, failure })
            }
            throw new Error('over')
          },
        }).catch((error: unknown) => {
          if (isCancelled(error)) throw error
        })
        await writer.flush()
        const ids = stored.map(({ entry }) => entry.id)
        // What was on its way when it was cancelled is there or not: never twice.
        expect(new Set(ids).size).toBe(ids.length)
      },
      { budget: 150 },
    )
    expect(schedules).toBeGreaterThan(20)
  })
})
