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

/** The least time between one start and the next but `skip`. */
function leastGap(starts: readonly number[]): number {
  return Math.min(...starts.slice(1).map((at, index) => at - (starts[index] ?? 0)))
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
    // What is measured is when requests arrive: one may be late, with a connection to make on a busy machine, and the next one not.
    const late = 0.5 * delay
    for (const [host, { starts, most }] of log) {
      const number = Number(host.slice(1, -'.test'.length))
      const least = (number % 5 === 0 ? crawlDelay : delay) - late
      expect(most, `requests at a time to ${host}`).toBeLessThanOrEqual(2)
      // The robots.txt itself comes before its delay is known.
      expect(leastGap(starts.slice(1)), `gap of ${host}`).toBeGreaterThan(least)
      // However late each one was, all of them cannot have been.
      const span = (starts.at(-1) ?? 0) - (starts[1] ?? 0)
      expect(span, `span of ${host}`).toBeGreaterThan((starts.length - 2) * (least + late) - late)
      expect(leastGap(starts), `first gap of ${host}`).toBeGreaterThan(delay - late)
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
