import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { resolver } from './resolver.ts'
import { graph, page, pages, sendPage, testSite, type Answer } from './test-site.ts'

async function run(
  answer: Answer,
  options: Partial<CrawlOptions> = {},
): Promise<{ store: string; pages: string[]; order: string[] }> {
  const site = await testSite(answer)
  const store = join(temporaryDirectory(), 'crawl.db')
  const { limits, ...more } = options
  await crawl({
    seeds: [`${site.origin}/`],
    store,
    limits: { retryDelay: 5, attempts: 1, ...limits },
    ...more,
  })
  using reader = new StoreReader(store)
  return {
    store,
    pages: [...reader.pages()].map(({ url }) => new URL(url).pathname).toSorted(),
    order: site.seen.map(({ path }) => path).filter((path) => path !== '/robots.txt'),
  }
}

describe('crawl within a domain', () => {
  test('goes to all its hosts and to no other', async () => {
    const hosts: string[] = []
    const site = await testSite((response, path, _hit, request) => {
      const [host = '', port = ''] = (request.headers.host ?? '').split(':')
      if (path === '/robots.txt') return response.writeHead(404).end()
      hosts.push(host)
      const links = ['www.farm.co.uk', 'hay.farm.co.uk', 'farm.co.uk', 'other.co.uk', 'farm.uk']
      return sendPage(
        response,
        links.map((each) => `http://${each}:${port}/`),
      )
    })
    const { lookup } = resolver({ '*': '127.0.0.1' })
    await crawl({
      seeds: [site.origin.replace('127.0.0.1', 'www.farm.co.uk')],
      store: join(temporaryDirectory(), 'crawl.db'),
      scope: { within: 'domain' },
      connect: { lookup, allowAddress: () => true },
    })
    expect(hosts.toSorted()).toEqual(['farm.co.uk', 'hay.farm.co.uk', 'www.farm.co.uk'])
  })
})

describe('crawl and its links', () => {
  const mixed = pages({
    '/': ['/a'],
    '/a': [],
    '/frame': [],
    '/refresh': [],
  })
  const withKinds: Answer = (response, path, ...rest) => {
    if (path !== '/') return mixed(response, path, ...rest)
    return response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(
        `${page(['/a'])}<iframe src=/frame></iframe><meta http-equiv=refresh content="5; url=/refresh">`,
      )
  }

  test('follows the kinds that are asked for', async () => {
    expect((await run(withKinds)).pages).toEqual(['/', '/a', '/frame', '/refresh'])
    const { pages: some, store } = await run(withKinds, { followKinds: ['anchor', 'frame'] })
    expect(some).toEqual(['/', '/a', '/frame'])
    using reader = new StoreReader(store)
    expect([...reader.links()]).toHaveLength(3)
  })

  test('prefers the canonical address if asked: its copies lead nowhere else', async () => {
    const answer: Answer = (response, path) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      const canonical = path === '/' ? '' : '<link rel=canonical href=/proper>'
      const links = path === '/' ? ['/copy?1', '/copy?2'] : [`${path}/x`, '/proper', '/next']
      if (path.endsWith('/x') || path === '/next') return sendPage(response, [])
      return response.writeHead(200, { 'content-type': 'text/html' }).end(canonical + page(links))
    }
    const { order } = await run(answer, { canonical: 'prefer' })
    expect(order.toSorted()).toEqual(['/', '/copy?1', '/copy?2', '/next', '/proper', '/proper/x'])
    const { order: all } = await run(answer)
    expect(all).toHaveLength(8)
  })

  test('fetches what matters more first', async () => {
    const answer = pages({
      '/': ['/1', '/2', '/3', '/4'],
      '/1': [],
      '/2': [],
      '/3': [],
      '/4': ['/9'],
      '/9': [],
    })
    const { order } = await run(answer, {
      limits: { concurrency: 1 },
      priority: (url) => Number(url.at(-1)),
    })
    expect(order.slice(0, 2)).toEqual(['/', '/4'])
    expect(order).toHaveLength(6)
  })

  test('ends with what the priority throws', async () => {
    const seen: string[] = []
    const answer: Answer = (response, path) => {
      seen.push(path)
      if (path === '/robots.txt') return response.writeHead(404).end()
      return sendPage(response, ['/a'])
    }
    const failing = run(answer, {
      limits: { attempts: 3 },
      priority: () => {
        throw new RangeError('no number')
      },
    })
    await expect(failing).rejects.toThrow(new RangeError('no number'))
    expect(seen.filter((path) => path !== '/robots.txt')).toEqual(['/'])
  })

  test('drops tracking parameters if asked', async () => {
    const answer: Answer = (response, path) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      return sendPage(response, ['/?utm_source=x', '/a?gclid=1&b=2', '/a?b=2&utm_medium=y'])
    }
    const { order } = await run(answer, { normalize: { stripParameters: ['utm_*', 'gclid'] } })
    expect(order.toSorted()).toEqual(['/', '/a?b=2'])
  })
})

describe('crawl ends in a trap', () => {
  test('of links relative to a directory that is none', async () => {
    const { order } = await run((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else sendPage(response, ['news/', 'about/'])
    })
    // Every mix of two names in which each comes three times at most, and a hundred that might be no trap.
    expect(order).toHaveLength(169)
  })

  test('of a calendar', async () => {
    const { order } = await run((response, path) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      const [, year = '2026', month = '1'] = /(\d+)\/(\d+)/.exec(path) ?? []
      const next = Number(month) === 12 ? `/${Number(year) + 1}/1` : `/${year}/${Number(month) + 1}`
      return sendPage(response, [next])
    })
    expect(order.length).toBeGreaterThan(124)
    expect(order.length).toBeLessThan(160)
  })

  test('of parameters', async () => {
    const { order } = await run(
      (response, path) => {
        if (path === '/robots.txt') return response.writeHead(404).end()
        const query = new URLSearchParams(path.slice(2))
        const with_ = (name: string): string => {
          const copy = new URLSearchParams(query)
          copy.set(name, String(Number(copy.get(name) ?? 0) + 1))
          copy.sort()
          return `/?${copy.toString()}`
        }
        return sendPage(response, ['color', 'size', 'sort', 'page'].map(with_))
      },
      { traps: { maxVariants: 50 }, scope: { maxDepth: 30 }, limits: { maxPages: 2000 } },
    )
    expect(order.filter((path) => path.split('&').length >= 3)).toHaveLength(50)
  })
})

describe('crawl keeps to', () => {
  test('the bytes asked for, up to what is in flight, and goes on when more are', async () => {
    const site = await testSite(graph(300))
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${site.origin}/0`], store }
    const small = { concurrency: 4, concurrencyPerHost: 4 }
    const first = await crawl({ ...options, limits: { ...small, maxTotalBytes: 5000 } })
    expect(first.bytes).toBeGreaterThanOrEqual(5000)
    expect(first.pages).toBeLessThan(150)
    expect(first.queued).toBeGreaterThan(0)
    expect(await crawl(options)).toMatchObject({ pages: 300, queued: 0 })
  })

  test('the time asked for, also while it waits to be polite', async () => {
    const site = await testSite(graph(300))
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${site.origin}/0`], store }
    const before = performance.now()
    const first = await crawl({ ...options, limits: { maxTime: 300, delay: 10_000 } })
    expect(performance.now() - before).toBeLessThan(9000)
    expect(first.pages).toBeLessThan(3)
    expect(first.queued).toBeGreaterThan(0)
  })
})
