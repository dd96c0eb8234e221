import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { graph, sendPage, testSite, type Answer } from './test-site.ts'

function newStore(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

/** A page of so many links; the rest answers as given. */
function many(count: number, answer: Answer): Answer {
  return (response, path, ...rest) => {
    if (path === '/robots.txt') response.writeHead(404).end()
    else if (path === '/') {
      sendPage(
        response,
        Array.from({ length: count }, (_, n) => `/${n}`),
      )
    } else answer(response, path, ...rest)
  }
}

function codesIn(store: string): Map<string, number> {
  using reader = new StoreReader(store)
  const codes = new Map<string, number>()
  for (const { code } of reader.errors()) codes.set(code, (codes.get(code) ?? 0) + 1)
  return codes
}

describe('crawl and a host in trouble', () => {
  test('asks less often after 429, more often when that has helped', async () => {
    let from = Infinity
    const site = await testSite(
      many(60, (response, path) => {
        if (path === '/5') {
          if (from === Infinity) from = performance.now()
          if (performance.now() - from < 50) return response.writeHead(429).end()
        }
        return sendPage(response, [])
      }),
    )
    const result = await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits: { concurrency: 2, concurrencyPerHost: 2, retryDelay: 60 },
    })
    expect(result).toMatchObject({ pages: 61, failed: 0 })
    const times = site.seen.map(({ at }) => at)
    const hit = site.seen.findIndex(({ path }) => path === '/5')
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    // Two may have been on their way; from then on they are spaced, and less and less so.
    expect(Math.max(...gaps.slice(hit + 1, hit + 5))).toBeGreaterThan(60)
    expect(Math.min(...gaps.slice(-5))).toBeLessThan(50) // any one of them may be late
  })

  test('does not slow down when told not to', async () => {
    const site = await testSite(
      many(60, (response, path, hit) => {
        if (path === '/5' && hit === 1) response.writeHead(429).end()
        else sendPage(response, [])
      }),
    )
    await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits: { concurrency: 2, concurrencyPerHost: 2, retryDelay: 60 },
      autoThrottle: false,
    })
    const times = site.seen.map(({ at }) => at)
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    const hit = site.seen.findIndex(({ path }) => path === '/5')
    // Some may be late on a busy machine, but there is no distance that all of them keep.
    expect(Math.min(...gaps.slice(hit + 2, hit + 9))).toBeLessThan(15)
  })

  test('spends no more retries than a host has, and a success gives some back', async () => {
    const site = await testSite(many(100, (response) => response.writeHead(500).end()))
    const store = newStore()
    const limits = { retryDelay: 1, attempts: 4, retryBudget: 10 }
    const result = await crawl({ seeds: [`${site.origin}/`], store, limits })
    expect(result).toMatchObject({ pages: 1, failed: 100, retries: 10 })
    expect(site.seen).toHaveLength(2 + 100 + 10)
  })

  test('leaves a host alone that fails again and again, then gives it up', async () => {
    const site = await testSite(many(300, (response) => response.destroy()))
    const store = newStore()
    const limits = {
      retryDelay: 1,
      attempts: 2,
      retryBudget: 5,
      breakAfter: 10,
      breakFor: 150,
      maxBreaks: 3,
      concurrencyPerHost: 2,
    }
    const before = performance.now()
    const result = await crawl({ seeds: [`${site.origin}/`], store, limits })
    expect(result).toMatchObject({ pages: 1, failed: 300, queued: 0 })
    expect(performance.now() - before).toBeGreaterThan(300)
    // The session asks each broken connection twice when it was a kept one.
    expect(site.seen.length).toBeLessThan(60)
    expect(codesIn(store).get('HOST_DOWN')).toBeGreaterThan(250)
    using reader = new StoreReader(store)
    const down = [...reader.errors()].find(({ code }) => code === 'HOST_DOWN')
    expect(down).toMatchObject({
      kind: 'network',
      message: expect.stringContaining('given up after failing again and again; the last time: '),
    })
  })

  test('comes back to a host that has recovered, and loses nothing', async () => {
    let broken = 0
    const site = await testSite(
      many(200, (response, path) => {
        if (Number(path.slice(1)) >= 50 && broken < 14) {
          broken++
          response.writeHead(503).end()
        } else sendPage(response, [])
      }),
    )
    const result = await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits: {
        retryDelay: 5,
        attempts: 20,
        breakAfter: 10,
        breakFor: 100,
        maxBreaks: 10,
        maxAdaptiveDelay: 50,
        concurrencyPerHost: 2,
      },
    })
    expect(result).toMatchObject({ pages: 201, failed: 0 })
  })

  test('keeps nobody else waiting', async () => {
    const dead = await testSite((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else response.writeHead(429, { 'retry-after': '3600' }).end()
    })
    const fine = await testSite(graph(300))
    const result = await crawl({
      seeds: [`${dead.origin}/`, `${fine.origin}/0`],
      store: newStore(),
      limits: { attempts: 2, maxRetryDelay: 3_600_000, maxPages: 300 }, // it ends with the last page
    })
    expect(result).toMatchObject({ pages: 300, failed: 0, queued: 1 })
  })
})
