import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { resolver } from './resolver.ts'
import { sendPage, testSite } from './test-site.ts'

const hosts = 50
const pagesPerHost = 12
const delay = 250
const crawlDelay = 500

interface HostLog {
  readonly starts: number[]
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
    const own = log.get(host) ?? { starts: [], now: 0, most: 0 }
    log.set(host, own)
    own.starts.push(performance.now())
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
  'crawl keeps to the limit and the delay of every one of fifty hosts, as their servers see it',
  { timeout: 60_000 },
  async () => {
    const { seed, log } = await fiftyHosts()
    const before = performance.now()
    const result = await crawl({
      seeds: [seed],
      store: join(temporaryDirectory(), 'crawl.db'),
      scope: { within: 'anywhere' },
      limits: { concurrency: 40, concurrencyPerHost: 2, delay, retryDelay: 50 },
      connect: { lookup: resolver({ '*': '127.0.0.1' }).lookup, allowAddress: () => true },
    })
    expect(result).toMatchObject({ pages: hosts * pagesPerHost, failed: 0, queued: 0 })
    expect(log.size).toBe(hosts)
    for (const [host, { starts, most }] of log) {
      expect(most, `requests at a time to ${host}`).toBeLessThanOrEqual(2)
      const own = Number(host.slice(1, -'.test'.length)) % 5 === 0 ? crawlDelay : delay
      const [, ...pages] = starts // the robots.txt itself comes before its delay is known
      // Requests are seen when they arrive, and on a busy machine one may be late and the next one not. But of
      // three that follow each other the last cannot come within one delay, nor all of them in less than theirs.
      expect(leastSpan(pages, 3), `three to ${host}`).toBeGreaterThan(own)
      expect(leastSpan(pages, pages.length), `all to ${host}`).toBeGreaterThan(
        (pages.length - 2) * own,
      )
      expect(leastSpan(starts, 3), `the first three to ${host}`).toBeGreaterThan(delay)
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
