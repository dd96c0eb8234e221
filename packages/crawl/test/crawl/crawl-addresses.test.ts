import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { resolver, type Names } from './resolver.ts'
import { sendPage, testSite, type Answer, type TestSite } from './test-site.ts'

/** What an attacker wants to reach: it must never be asked for anything. */
function inside(): Promise<TestSite> {
  return testSite((response) => sendPage(response, [], 'secret'))
}

/** Crawls with names of our own, everywhere; gives the failures and the titles by URL. */
async function crawlNames(
  seed: string,
  names: Names,
  more: Partial<CrawlOptions> = {},
): Promise<{ errors: Record<string, string>; pages: string[] }> {
  const store = join(temporaryDirectory(), 'crawl.db')
  const { connect, ...options } = more
  await crawl({
    seeds: [seed],
    store,
    scope: { within: 'anywhere' },
    limits: { retryDelay: 1, attempts: 2 },
    connect: { lookup: resolver(names).lookup, ...connect },
    ...options,
  })
  using reader = new StoreReader(store)
  return {
    errors: Object.fromEntries(
      [...reader.errors()].map(({ url, kind, code }) => [url, `${kind} ${code}`]),
    ),
    pages: [...reader.pages()].map(({ url }) => url),
  }
}

/** A seed that serves one page with one link. */
function linking(target: string): Promise<TestSite> {
  return testSite((response) => sendPage(response, [target]))
}

describe('crawl and private addresses', () => {
  test.each([
    ['a literal', (port: string) => `http://127.0.0.1:${port}/`],
    ['a short literal', (port: string) => `http://127.1:${port}/`],
    ['a number', (port: string) => `http://2130706433:${port}/`],
    ['octal', (port: string) => `http://0177.0.0.1:${port}/`],
    ['any', (port: string) => `http://0.0.0.0:${port}/`],
    ['mapped', (port: string) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['mapped, in hex', (port: string) => `http://[::ffff:7f00:1]:${port}/`],
    ['loopback 6', (port: string) => `http://[::1]:${port}/`],
    ['NAT64', (port: string) => `http://[64:ff9b::7f00:1]:${port}/`],
    ['6to4', (port: string) => `http://[2002:7f00:1::]:${port}/`],
    ['another loopback', (port: string) => `http://127.8.8.8:${port}/`],
    ['a name', (port: string) => `http://inside.test:${port}/`],
    ['a name of mapped', (port: string) => `http://mapped.test:${port}/`],
  ])('a link to %s is not connected to', async (_, urlOf) => {
    const secret = await inside()
    const target = urlOf(new URL(secret.origin).port)
    const site = await linking(target)
    const seed = site.origin.replace('127.0.0.1', 'seed.test')
    const { errors } = await crawlNames(`${seed}/`, {
      'seed.test': '127.0.0.1',
      'inside.test': '127.0.0.1',
      'mapped.test': '::ffff:127.0.0.1',
    })
    expect(Object.values(errors)).toEqual(['address ADDRESS_REFUSED'])
    expect(secret.seen).toEqual([])
  })

  test('without robots.txt the page itself is refused, once and for all', async () => {
    const secret = await inside()
    const site = await linking(`${secret.origin}/x`)
    const { errors } = await crawlNames(`${site.origin}/`, {}, { obeyRobots: false })
    expect(errors).toEqual({ [`${secret.origin}/x`]: 'address ADDRESS_REFUSED' })
  })

  test.each([301, 302, 307])('a redirect with %i is not followed there', async (status) => {
    const secret = await inside()
    const site = await testSite((response, path) => {
      if (path === '/') response.writeHead(status, { location: `${secret.origin}/admin` }).end()
      else response.writeHead(404).end()
    })
    const { errors } = await crawlNames(`${site.origin}/`, {})
    expect(errors).toEqual({ [`${secret.origin}/admin`]: 'address ADDRESS_REFUSED' })
    expect(secret.seen).toEqual([])
  })

  test('a redirect of a robots.txt is not followed there', async () => {
    const secret = await inside()
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') {
        response.writeHead(302, { location: `${secret.origin}/robots.txt` }).end()
      } else sendPage(response, [])
    })
    const { errors, pages } = await crawlNames(`${site.origin}/`, {})
    expect(errors).toEqual({ [`${site.origin}/`]: 'robots ADDRESS_REFUSED' })
    expect(pages).toEqual([])
    expect(secret.seen).toEqual([])
  })

  test('a name that changes its address between two connections is refused the second time', async () => {
    const answer: Answer = (response, path) => {
      response.setHeader('connection', 'close')
      if (path === '/') sendPage(response, ['/a'])
      else response.writeHead(404).end()
    }
    const site = await testSite(answer)
    const names = resolver({ 'rebind.test': (times) => (times <= 2 ? '127.0.0.1' : '127.0.0.2') })
    const store = join(temporaryDirectory(), 'crawl.db')
    await crawl({
      seeds: [`${site.origin.replace('127.0.0.1', 'rebind.test')}/`],
      store,
      // As if 127.0.0.1 were a public address: robots.txt and the first page come from there.
      connect: { lookup: names.lookup, allowAddress: (address) => address === '127.0.0.1' },
    })
    using reader = new StoreReader(store)
    expect([...reader.errors()].map(({ kind, code }) => `${kind} ${code}`)).toEqual([
      'address ADDRESS_REFUSED',
    ])
    expect(site.seen.map(({ path }) => path)).toEqual(['/robots.txt', '/'])
    expect(names.asked.get('rebind.test')).toBe(3)
  })

  test('every seed is crawled wherever it is, another port of its host is not', async () => {
    const [one, two, secret] = [await linking('/x'), await inside(), await inside()]
    const store = join(temporaryDirectory(), 'crawl.db')
    const result = await crawl({
      seeds: [`${one.origin}/`, `${two.origin}/`, 'http://127.0.0.1:1/'],
      store,
      scope: { within: 'anywhere' },
      limits: { attempts: 1 },
    })
    expect(result).toMatchObject({ pages: 3, failures: { network: 1 } })
    expect(secret.seen).toEqual([])
  })

  test('a guard of one’s own takes the place of ours', async () => {
    const other = await inside()
    const site = await linking(`${other.origin}/`)
    const { pages } = await crawlNames(
      `${site.origin}/`,
      {},
      { connect: { allowAddress: () => true } },
    )
    expect(pages).toEqual([`${site.origin}/`, `${other.origin}/`])
  })
})
