import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { page, testSite, type Answer } from './test-site.ts'

/** A site whose robots.txt answers as given; two pages. */
function siteWith(robots: Answer): ReturnType<typeof testSite> {
  return testSite((response, path, hit, request) => {
    if (path.includes('robots')) return robots(response, path, hit, request)
    return response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(page(['/private/1', '/open']))
  })
}

const limits = { retryDelay: 10, attempts: 2 }

function newStore(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

describe('crawl and robots.txt', () => {
  test('fetches what it allows and skips what it forbids', async () => {
    const site = await siteWith((response) => response.end('User-agent: *\nDisallow: /private/'))
    const result = await crawl({ seeds: [`${site.origin}/`], store: newStore(), limits })
    expect(result).toMatchObject({ pages: 2, skipped: 1, failed: 0 })
    expect(site.seen.map((each) => each.path)).toEqual(['/robots.txt', '/', '/open'])
  })

  test('asks for it under our name, and obeys the group of that name', async () => {
    const site = await siteWith((response) =>
      response.end('User-agent: *\nDisallow: /\n\nUser-agent: Cow\nDisallow: /open'),
    )
    const result = await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits,
      userAgent: 'cow/1.0 (+http://cow.test)',
    })
    expect(result).toMatchObject({ pages: 2, skipped: 1 })
    expect(site.seen.map((each) => each.userAgent)).toEqual(
      Array(3).fill('cow/1.0 (+http://cow.test)'),
    )
  })

  test('takes a missing one for none', async () => {
    const site = await siteWith((response) => response.writeHead(403).end())
    expect(await crawl({ seeds: [`${site.origin}/`], store: newStore(), limits })).toMatchObject({
      pages: 3,
    })
  })

  test('follows it through five redirects, and takes a sixth for none', async () => {
    const through = (length: number): Promise<Awaited<ReturnType<typeof testSite>>> =>
      siteWith((response, path) => {
        const hop = Number(/\d+/.exec(path)?.[0] ?? 0)
        if (hop === length) response.end('User-agent: *\nDisallow: /private/')
        else response.writeHead(301, { location: `/robots${hop + 1}` }).end()
      })
    const five = await through(5)
    expect(await crawl({ seeds: [`${five.origin}/`], store: newStore(), limits })).toMatchObject({
      pages: 2,
    })
    const six = await through(6)
    expect(await crawl({ seeds: [`${six.origin}/`], store: newStore(), limits })).toMatchObject({
      pages: 3,
    })
  })

  test('tries again when the server fails, and crawls once it heals', async () => {
    const site = await siteWith((response, _path, hit) =>
      response.writeHead(hit === 1 ? 500 : 404).end(),
    )
    expect(await crawl({ seeds: [`${site.origin}/`], store: newStore(), limits })).toMatchObject({
      pages: 3,
    })
    expect(site.hits('/robots.txt')).toBe(2)
  })

  test('crawls nothing of a server that cannot say', async () => {
    const site = await siteWith((response) => response.writeHead(503).end())
    const store = newStore()
    const result = await crawl({ seeds: [`${site.origin}/`, `${site.origin}/open`], store, limits })
    expect(result).toMatchObject({ pages: 0, failed: 2, failures: { robots: 2 } })
    expect(site.seen.every((each) => each.path === '/robots.txt')).toBe(true)
    using reader = new StoreReader(store)
    expect([...reader.errors()][0]).toMatchObject({
      kind: 'robots',
      code: '503',
      message: `robots.txt of ${site.origin} cannot be had: status 503 Service Unavailable`,
    })
  })

  test('says why a host cannot be reached', async () => {
    const site = await siteWith((response) => response.end())
    await site.close()
    const store = newStore()
    await crawl({ seeds: [`${site.origin}/`, 'http://corral.invalid/'], store, limits })
    using reader = new StoreReader(store)
    const [refused, unknown] = [...reader.errors()]
    expect(refused).toMatchObject({ kind: 'network', code: 'ECONNREFUSED' })
    expect(refused?.message).not.toContain('robots.txt')
    expect(unknown).toMatchObject({
      kind: 'dns',
      code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    })
  })

  test('waits as long between requests as it asks for, up to a limit', async () => {
    const site = await siteWith((response) => response.end('User-agent: *\nCrawl-delay: 60'))
    await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits: { ...limits, maxCrawlDelay: 80 },
    })
    const gaps = site.seen.slice(1).map((each, index) => each.at - (site.seen[index]?.at ?? 0))
    expect(gaps).toHaveLength(3)
    expect(Math.min(...gaps)).toBeGreaterThan(60)
  })

  test('is not asked for when it is not to be obeyed', async () => {
    const site = await siteWith((response) => response.end('User-agent: *\nDisallow: /'))
    const result = await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits,
      obeyRobots: false,
    })
    expect(result.pages).toBe(3)
    expect(site.hits('/robots.txt')).toBe(0)
  })

  test('reads an endless one no further than it counts', { timeout: 30_000 }, async () => {
    const site = await siteWith((response) => {
      response.write('User-agent: *\nDisallow: /private/\n')
      const line = '# and so on\n'.repeat(1000)
      const more = (): void => {
        while (!response.destroyed && response.write(line)) continue
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    expect(await crawl({ seeds: [`${site.origin}/`], store: newStore(), limits })).toMatchObject({
      pages: 2,
      skipped: 1,
    })
    await expect.poll(() => site.busy.now).toBe(0)
  })
})
