import { join } from 'node:path'
import { isCancelled, sleep, taskGroup } from 'corral'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import type { CrawlPage } from '../../src/crawl/crawl-page.ts'
import type { CrawlProgress } from '../../src/crawl/crawl-progress.ts'
import { startDemoSite } from '../../src/demo/demo-site.ts'
import { openStore } from '../../src/store/open-store.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { notingSession } from './noting-session.ts'
import { storeContent } from './store-content.ts'
import { graph, pages, sendPage, testSite } from './test-site.ts'

function newStore(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

/** Crawls with little patience. */
function quickCrawl(options: CrawlOptions): PromiseLike<CrawlProgress> {
  return crawl({ ...options, limits: { retryDelay: 10, ...options.limits } })
}

function errorsIn(file: string): Record<string, string> {
  using reader = new StoreReader(file)
  return Object.fromEntries(
    [...reader.errors()].map((row) => [new URL(row.url).pathname, `${row.kind} ${row.code}`]),
  )
}

function pathsIn(file: string): string[] {
  using reader = new StoreReader(file)
  return [...reader.pages()].map((row) => new URL(row.url).pathname).toSorted()
}

describe('crawl', () => {
  test('gets every page once, with its links', async () => {
    const site = await testSite(graph(500))
    const store = newStore()
    const result = await quickCrawl({ seeds: [`${site.origin}/0`], store })
    expect(result).toMatchObject({
      pages: 500,
      newPages: 500,
      queued: 0,
      inFlight: 0,
      failed: 0,
      failures: {},
    })
    expect(site.seen).toHaveLength(501)
    expect(new Set(site.seen.map((each) => each.path)).size).toBe(501)
    const content = storeContent(store)
    expect(content.pages).toHaveLength(500)
    expect(content.links.length).toBeGreaterThan(1400)
  })

  test('has nothing to do the second time', async () => {
    const site = await testSite(graph(20))
    const store = newStore()
    await quickCrawl({ seeds: [`${site.origin}/0`], store })
    const before = site.seen.length
    const again = await quickCrawl({ seeds: [`${site.origin}/0`], store })
    expect(again).toMatchObject({ pages: 20, newPages: 0 })
    expect(site.seen).toHaveLength(before)
  })

  test('stores what became of every corner of the demo site', { timeout: 60_000 }, async () => {
    await using site = await startDemoSite()
    const store = newStore()
    const result = await quickCrawl({
      seeds: [site.url],
      store,
      limits: { maxBytes: 6_000_000, retryDelay: 50 },
    })
    expect(errorsIn(store)).toEqual({
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((each) => [`/missing/${each}`, 'http 404'])),
      '/gone': 'http 410',
      '/broken-server': 'http 500',
      '/reset': 'network UND_ERR_SOCKET',
      '/short': 'network UND_ERR_SOCKET',
      '/endless': 'body TOO_LARGE',
      '/huge': 'body TOO_LARGE',
      '/bomb': 'body TOO_LARGE',
      '/not-gzip': 'body UNDECODABLE',
      '/loop/c': 'redirect REDIRECT_LOOP',
      '/chain/11': 'redirect TOO_MANY_REDIRECTS',
    })
    expect(result).toMatchObject({ pages: 662, failed: 17, queued: 0, inFlight: 0 })
    expect(site.hits.get('/private/1')).toBeUndefined()
    expect(site.hits.get('/private/3')).toBe(1)
    expect(site.hits.get('/busy')).toBe(2)
    expect(site.hits.get('/flaky/1')).toBe(3)
    expect(site.hits.get('/missing/1')).toBe(1)
    using reader = new StoreReader(store)
    const titles = new Map([...reader.pages()].map((row) => [new URL(row.url).pathname, row.title]))
    expect(titles.get('/latin1')).toBe('Ranch café')
    expect(titles.get('/koi8')).toBe('Привет')
    expect(titles.get('/nested')).toBe('Deep')
    expect(titles.get('/packed-link')).toBe('Behind the packed page')
  })

  test('refuses what cannot be right before it touches anything', async () => {
    const store = newStore()
    const attempt = (options: Partial<CrawlOptions>): PromiseLike<unknown> =>
      crawl({ seeds: ['http://a.test/'], store, ...options })
    await expect(attempt({ seeds: [] })).rejects.toThrow('crawl: seeds must name at least one URL')
    await expect(attempt({ seeds: ['a.test'] })).rejects.toThrow(
      'must be http or https URLs, got "a.test"',
    )
    await expect(attempt({ seeds: ['ftp://a.test/'] })).rejects.toThrow('got "ftp://a.test/"')
    await expect(attempt({ limits: { concurrency: 0 } })).rejects.toThrow(
      'crawl: limits.concurrency must be a number of at least 1, got 0 (number)',
    )
    await expect(attempt({ limits: { delay: Number.NaN } })).rejects.toThrow('limits.delay must be')
    await expect(attempt({ limits: { dealy: 1 } as object })).rejects.toThrow(
      'limits.dealy is not known',
    )
    expect(() => new StoreReader(store)).toThrow('is not there')
  })

  test('tries again what may heal and nothing else', async () => {
    const site = await testSite((response, path, hit) => {
      const status = Number(path.slice(1))
      if (path === '/') {
        sendPage(response, ['/500', '/503', '/408', '/404', '/403', '/reset', '/502'])
      } else if (path === '/reset' && hit < 3) {
        response.destroy()
      } else if (status > 0 && (hit < 3 || status === 502)) {
        response.writeHead(status).end()
      } else {
        sendPage(response, [])
      }
    })
    const store = newStore()
    const result = await quickCrawl({ seeds: [`${site.origin}/`], store, limits: { attempts: 3 } })
    expect(errorsIn(store)).toEqual({
      '/404': 'http 404',
      '/403': 'http 403',
      '/502': 'http 502',
    })
    expect(result.pages).toBe(5)
    // The session itself repeats a request that broke a kept connection.
    expect([8, 9, 10]).toContain(result.retries)
    expect(site.hits('/404')).toBe(1)
    expect(site.hits('/500')).toBe(3)
    expect(site.hits('/502')).toBe(3)
    using reader = new StoreReader(store)
    expect([...reader.pages()].find((row) => row.url.endsWith('/500'))?.attempts).toBe(3)
  })

  test('obeys Retry-After, for the whole host', async () => {
    const site = await testSite((response, path, hit) => {
      const links = Array.from({ length: 30 }, (_, index) => `/${index}`)
      if (path === '/busy' && hit === 1) response.writeHead(429, { 'retry-after': '1' }).end()
      else sendPage(response, path === '/' ? ['/busy', ...links] : [])
    })
    await quickCrawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits: { concurrencyPerHost: 2 },
    })
    const refused = site.seen.find((each) => each.path === '/busy')?.at ?? 0
    const after = site.seen.map((each) => each.at - refused).filter((at) => at > 0)
    // One more may have been on its way when the answer came.
    expect(after.filter((at) => at < 950).length).toBeLessThanOrEqual(2)
    expect(after.length).toBeGreaterThan(20)
    expect(site.hits('/busy')).toBe(2)
  })

  test('keeps the limits and the delay of each host', async () => {
    const limits = { concurrency: 6, concurrencyPerHost: 2, delay: 40 }
    const answer = graph(12)
    const sites = await Promise.all(
      [0, 1, 2, 3].map(() =>
        testSite((response, path, hit, request) =>
          setTimeout(() => answer(response, path, hit, request), 60),
        ),
      ),
    )
    const { session, starts } = notingSession()
    await using _ = session
    const seeds = sites.map((site) => `${site.origin}/0`)
    await quickCrawl({ seeds, store: newStore(), limits, session })
    for (const site of sites) {
      expect(site.seen).toHaveLength(13)
      expect(site.busy.most).toBeLessThanOrEqual(2)
      const times = starts.get(site.origin) ?? []
      expect(times).toHaveLength(13)
      // From the decision to the call is next to nothing, whatever the machine does; and it does not add up.
      const span = (times.at(-1) ?? 0) - (times[0] ?? 0)
      expect(span).toBeGreaterThan(12 * limits.delay * 0.9)
    }
    // No host waits for another one to be done.
    const firsts = [...starts.values()].map((times) => times[0] ?? Infinity)
    const lasts = [...starts.values()].map((times) => times.at(-1) ?? 0)
    expect(Math.max(...firsts)).toBeLessThan(Math.min(...lasts))
  })

  test('keeps to its scope and its depth, and says why a URL was left out', async () => {
    const other = await testSite(pages({ '/': [] }))
    const site = await testSite(
      pages({
        '/': ['/a', `${other.origin}/`, '/private/x', '/b" rel="nofollow', 'mailto:x@y.test'],
        '/a': ['/a/a'],
        '/a/a': ['/a/a/a'],
        '/a/a/a': [],
        '/b': [],
      }),
    )
    const store = newStore()
    const result = await quickCrawl({
      seeds: [`${site.origin}/`],
      store,
      scope: { maxDepth: 2, exclude: [/\/private\//] },
    })
    expect(pathsIn(store)).toEqual(['/', '/a', '/a/a'])
    expect(other.seen).toHaveLength(0)
    expect(result.skipped).toBe(4)

    const deeper = await quickCrawl({
      seeds: [`${site.origin}/`],
      store,
      scope: { exclude: [/\/private\//] },
    })
    expect(deeper.newPages).toBe(1)
    expect(pathsIn(store)).toEqual(['/', '/a', '/a/a', '/a/a/a'])
  })

  test('stores exactly as many pages as asked, and goes on when more are asked for', async () => {
    const site = await testSite(graph(100))
    const store = newStore()
    const seeds = [`${site.origin}/0`]
    expect((await quickCrawl({ seeds, store, limits: { maxPages: 30 } })).pages).toBe(30)
    expect(site.seen).toHaveLength(31)
    expect((await quickCrawl({ seeds, store, limits: { maxPages: 30 } })).newPages).toBe(0)
    expect((await quickCrawl({ seeds, store, limits: { maxPages: 50 } })).pages).toBe(50)
    expect((await quickCrawl({ seeds, store })).pages).toBe(100)
  })

  test('records a redirect out of scope and does not follow it', async () => {
    const other = await testSite(pages({ '/': [] }))
    const site = await testSite((response, path) => {
      if (path === '/') sendPage(response, ['/moved'])
      else if (path === '/moved') {
        response.writeHead(302, { location: other.origin }).end('moved')
      } else response.writeHead(404).end()
    })
    const store = newStore()
    const result = await quickCrawl({ seeds: [`${site.origin}/`], store })
    expect(result).toMatchObject({ pages: 2, skipped: 1, failed: 0 })
    expect(other.seen).toHaveLength(0)
    using reader = new StoreReader(store)
    expect([...reader.pages()][1]).toMatchObject({
      status: 302,
      redirect_url: `${other.origin}/`,
    })
    expect([...reader.skipped()]).toEqual([{ url: `${other.origin}/`, reason: 'host', depth: 1 }])
    expect(reader.skippedReasons()).toEqual([{ reason: 'host', count: 1 }])
  })

  test('takes the host that a seed redirects to for one of its own, also when it goes on', async () => {
    const other = await testSite(pages({ '/': ['/a'], '/a': ['/b'], '/b': [] }))
    const third = await testSite(pages({ '/': [] }))
    const site = await testSite((response, path) => {
      if (path === '/') response.writeHead(301, { location: '/home' }).end()
      else if (path === '/home') response.writeHead(301, { location: other.origin }).end()
      else response.writeHead(404).end()
    })
    const store = newStore()
    const options = {
      seeds: [`${site.origin}/`],
      store,
      connect: { allowAddress: () => true },
      limits: { concurrency: 1, maxPages: 4 },
    }
    await quickCrawl(options)
    expect(other.hits('/a')).toBe(1)
    await quickCrawl({ ...options, limits: {} })
    expect(other.hits('/b')).toBe(1)
    expect(third.seen).toEqual([])
  })

  test('follows a Refresh header, and a Location byte by byte, as browsers do', async () => {
    const site = await testSite((response, path) => {
      const html = { 'content-type': 'text/html' }
      if (path === '/') {
        response.writeHead(200, { ...html, refresh: '0; url=/refreshed' })
        response.end('<a href=/utf8>x</a><a href=/latin1>x</a><a href=/two>x</a>')
      } else if (path === '/utf8') response.writeHead(302, { location: '/\u00c3\u00a9' }).end()
      else if (path === '/latin1') response.writeHead(302, { location: '/\u00e9?\u00e9' }).end()
      else if (path === '/two') {
        response.writeHead(302, ['location', '/1', 'location', '/2']).end()
      } else response.writeHead(200, html).end()
    })
    const store = newStore()
    await quickCrawl({ seeds: [`${site.origin}/`], store })
    const paths = site.seen.map(({ path }) => path)
    for (const path of ['/refreshed', '/%C3%A9', '/%E9?%E9']) expect(paths).toContain(path)
    expect(paths).not.toContain('/1')
    expect(errorsIn(store)).toEqual({ '/two': 'redirect REDIRECT_INVALID' })
  })

  test('records a redirect to nowhere as a failure', async () => {
    const site = await testSite((response, path) => {
      if (path === '/') response.writeHead(302, { location: 'javascript:alert(1)' }).end()
      else response.writeHead(404).end()
    })
    const store = newStore()
    await quickCrawl({ seeds: [`${site.origin}/`], store })
    expect(errorsIn(store)).toEqual({ '/': 'redirect REDIRECT_INVALID' })
  })

  test('gives up on a server that does not answer in time', async () => {
    const site = await testSite((response, path) => {
      if (path === '/') sendPage(response, ['/silent', '/stuck'])
      else if (path === '/robots.txt') response.writeHead(404).end()
      else if (path === '/stuck') response.setHeader('content-type', 'text/html').write('.')
    })
    const store = newStore()
    await quickCrawl({ seeds: [`${site.origin}/`], store, limits: { timeout: 150, attempts: 2 } })
    expect(errorsIn(store)).toEqual({ '/silent': 'timeout TIMEOUT', '/stuck': 'timeout TIMEOUT' })
    expect(site.hits('/silent')).toBe(2)
    await expect.poll(() => site.busy.now).toBe(0)
  })

  test('hands every page to the handler, and stores its failure', async () => {
    const site = await testSite(graph(30))
    const store = newStore()
    const seen: CrawlPage[] = []
    const result = await quickCrawl({
      seeds: [`${site.origin}/0`],
      store,
      async onPage(each) {
        await sleep(1)
        seen.push(each)
        if (each.url.endsWith('/7')) throw new RangeError('no sevens')
      },
    })
    expect(seen).toHaveLength(30)
    expect(seen.find((each) => each.url.endsWith('/3'))).toMatchObject({
      status: 200,
      title: 'Page 3',
      contentType: 'text/html',
      html: expect.stringContaining('<title>Page 3</title>'),
    })
    expect(result.failures).toEqual({ handler: 1 })
    expect(errorsIn(store)).toEqual({ '/7': 'handler RangeError' })
  })

  test('says how far it is, and at the end what it returns', async () => {
    const site = await testSite(graph(200))
    const told: CrawlProgress[] = []
    const result = await quickCrawl({
      seeds: [`${site.origin}/0`],
      store: newStore(),
      onProgress: (progress) => told.push(progress),
      progressInterval: 5,
    })
    expect(told.length).toBeGreaterThan(2)
    expect(told.at(-1)).toEqual(result)
    expect(told.map((each) => each.pages)).toEqual(
      told.map((each) => each.pages).toSorted((a, b) => a - b),
    )
    expect(result.rate).toBeGreaterThan(0)
  })

  test('ends with the error of a store that cannot take more', async () => {
    const site = await testSite(graph(3000))
    const file = newStore()
    await using store = await openStore(file, { maxFileSize: 300_000 })
    await expect(quickCrawl({ seeds: [`${site.origin}/0`], store })).rejects.toMatchObject({
      code: 'STORE_FULL',
    })
    expect(store.counts.pages).toBeGreaterThan(50)
    await expect.poll(() => site.busy.now).toBe(0)
  })

  test('is cancelled at once, keeps what it has read, and goes on from there', async () => {
    const answer = graph(400)
    let sticky = true
    const so = { stuck: 0, stored: 0 }
    const site = await testSite((response, path, hit, request) => {
      if (sticky && Number(path.slice(1)) % 5 === 4) so.stuck++
      else answer(response, path, hit, request)
    })
    const file = newStore()
    const seeds = [`${site.origin}/0`]
    let tookMs = Infinity
    await taskGroup(async (group) => {
      const crawling = group.spawn(() =>
        quickCrawl({
          seeds,
          store: file,
          limits: { concurrency: 60, concurrencyPerHost: 60 },
          progressInterval: 5,
          onProgress: ({ pages }) => (so.stored = pages),
        }),
      )
      while (so.stuck < 15 || so.stored <= 20) await sleep(5)
      const started = performance.now()
      crawling.cancel('enough')
      const settled = await crawling.settled()
      tookMs = performance.now() - started
      expect(settled.status).toBe('rejected')
    })
    // A loaded machine takes its time; what is waited for would come after 30 seconds at the earliest.
    expect(tookMs).toBeLessThan(5000)
    await expect.poll(() => site.busy.now, { timeout: 5000 }).toBe(0)
    const kept = pathsIn(file)
    expect(kept.length).toBeGreaterThan(20)

    sticky = false
    const before = site.seen.length
    const result = await quickCrawl({ seeds, store: file })
    expect(result.pages).toBe(400)
    const again = site.seen.slice(before).map((each) => each.path)
    expect(again.filter((path) => kept.includes(path))).toEqual([])
  })

  test('ends a handler that waits when it is cancelled', async () => {
    const site = await testSite(graph(10))
    let reason: unknown
    await taskGroup(async (group) => {
      const crawling = group.spawn(() =>
        quickCrawl({
          seeds: [`${site.origin}/0`],
          store: newStore(),
          async onPage() {
            crawling.cancel('enough')
            try {
              await sleep(60_000)
            } catch (error) {
              reason = error
              throw error
            }
          },
        }),
      )
      await crawling.settled()
    })
    expect(isCancelled(reason)).toBe(true)
  })

  test('leaves no timer, socket or thread behind', async () => {
    const site = await testSite(graph(50))
    await quickCrawl({ seeds: [`${site.origin}/0`], store: newStore() })
    await site.close()
    const left = (): string[] =>
      process.getActiveResourcesInfo().filter((each) => /Timeout|TCP|Worker/.test(each))
    // The server and the tests before this one have timers too, which end by themselves.
    for (let wait = 0; wait < 50; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (left().length === 0) break
    }
    expect(left()).toEqual([])
  })
})
