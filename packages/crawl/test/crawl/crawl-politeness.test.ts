import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { notingSession } from './noting-session.ts'
import { resolver } from './resolver.ts'
import { sendPage, testSite } from './test-site.ts'

const hosts = 50
const pagesPerHost = 12
const delay = 250
const crawlDelay = 500

interface HostLog {
  now: number
  most: number
}

/**
 * Every host has a few pages that take some time; the first links to all others. Every fifth asks for a longer delay, every
 * seventh answers 429 once.
 */
async function fiftyHosts(): Promise<{ seed: string; log: Map<string, HostLog> }> {
  const log = new Map<string, HostLog>()
  const refused = new Set<string>()
  const site = await testSite((response, path, _hit, request) => {
    const [host = '', port = ''] = (request.headers.host ?? '').split(':')
    const number = Number(/\d+/.exec(host)?.[0] ?? 0)
    const own = log.get(host) ?? { now: 0, most: 0 }
    log.set(host, own)
    own.most = Math.max(own.most, ++own.now)
    response.on('close', () => own.now--)
    if (path === '/robots.txt') {
      const slower = number % 5 === 0 ? `User-agent: *\nCrawl-delay: ${crawlDelay / 1000}` : ''
      return response.end(slower)
    }
    if (number % 7 === 0 && path === '/3' && !refused.has(host)) {
      refused.add(host)
      return response.writeHead(429).end()
    }
    const links = Array.from({ length: pagesPerHost }, (_, n) => `/${n + 1}`)
    const others = Array.from({ length: hosts }, (_, n) => `http://h${n + 1}.test:${port}/1`)
    if (number === 1) links.push(...others)
    return setTimeout(() => sendPage(response, links), 30)
  })
  return { seed: `${site.origin.replace('127.0.0.1', 'h1.test')}/1`, log }
}

/** The least time from the first to the last of so many starts in a row. */
function leastSpan(starts: readonly number[], many: number): number {
  return Math.min(...starts.slice(many - 1).map((at, index) => at - (starts[index] ?? 0)))
}

test(
  'crawl keeps to the limit and the delay of every one of fifty hosts',
  { timeout: 60_000 },
  async () => {
    const { seed, log } = await fiftyHosts()
    // The limit is what the servers see. The delay is seen where it is kept: a busy machine makes some requests late
    // and others not, on their way.
    const { lookup } = resolver({ '*': '127.0.0.1' })
    const { session, starts } = notingSession({ connect: { lookup } })
    await using _ = session
    const before = performance.now()
    const result = await crawl({
      seeds: [seed],
      store: join(temporaryDirectory(), 'crawl.db'),
      scope: { within: 'anywhere' },
      limits: { concurrency: 40, concurrencyPerHost: 2, delay, retryDelay: 50 },
      session,
    })
    expect(result).toMatchObject({ pages: hosts * pagesPerHost, failed: 0, queued: 0 })
    expect(log.size).toBe(hosts)
    for (const [host, { most }] of log) {
      expect(most, `requests at a time to ${host}`).toBeLessThanOrEqual(2)
    }
    for (const [origin, times] of starts) {
      const { hostname } = new URL(origin)
      const own = Number(hostname.slice(1, -'.test'.length)) % 5 === 0 ? crawlDelay : delay
      const [, ...pages] = times // the robots.txt itself comes before its delay is known
      // From the decision to the call a busy machine may lose time, too. But of three calls that follow each other the
      // last cannot come within one delay, nor all of them in less than theirs.
      expect(leastSpan(pages, 3), `three to ${hostname}`).toBeGreaterThan(own)
      expect(leastSpan(pages, pages.length), `all to ${hostname}`).toBeGreaterThan(
        (pages.length - 2) * own,
      )
      expect(leastSpan(times, 3), `the first three to ${hostname}`).toBeGreaterThan(delay)
    }
    // Hosts do not wait for each other: one after the other they would take many times as long.
    expect(performance.now() - before).toBeLessThan((hosts * pagesPerHost * delay) / 4)
  },
)

test('crawl has no more requests under way than it may, over all hosts', async () => {
  let underWay = 0
  let most = 0
  const site = await testSite((response, path, _hit, request) => {
    most = Math.max(most, ++underWay)
    response.on('close', () => underWay--)
    const [, port = ''] = (request.headers.host ?? '').split(':')
    const everywhere = Array.from({ length: 30 }, (_, n) => `http://h${n}.test:${port}/`)
    if (path === '/robots.txt') setTimeout(() => response.writeHead(404).end(), 10)
    else setTimeout(() => sendPage(response, [...everywhere, '/1', '/2', '/3']), 10)
  })
  await crawl({
    seeds: [site.origin.replace('127.0.0.1', 'h0.test')],
    store: join(temporaryDirectory(), 'crawl.db'),
    scope: { within: 'anywhere' },
    limits: { concurrency: 7 },
    connect: { lookup: resolver({ '*': '127.0.0.1' }).lookup, allowAddress: () => true },
  })
  expect(most).toBe(7)
})
