import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { resolver } from '../crawl/resolver.ts'
import { sendPage, testSite } from '../crawl/test-site.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

/** Crawls a chain of pages, on two hosts of a domain and one of another; gives the cookies by URL. */
async function crawlWith(
  setCookie: (host: string, path: string) => string | string[],
  options: { readonly cookies?: boolean; readonly headers?: Record<string, string> } = {
    cookies: true,
  },
): Promise<Record<string, string | undefined>> {
  const seen: Record<string, string | undefined> = {}
  const site = await testSite((response, path, _hit, request) => {
    const [host = '', port = ''] = (request.headers.host ?? '').split(':')
    if (path === '/robots.txt') return response.writeHead(404).end()
    seen[`${host}${path}`] = request.headers.cookie
    response.setHeader('set-cookie', setCookie(host, path))
    const next: Record<string, string> = {
      'www.farm.test/': '/in/1',
      'www.farm.test/in/1': `http://hay.farm.test:${port}/`,
      'hay.farm.test/': `http://other.test:${port}/`,
      'other.test/': `http://www.farm.test:${port}/last`,
    }
    return sendPage(response, [next[`${host}${path}`] ?? '/'])
  })
  await crawl({
    seeds: [site.origin.replace('127.0.0.1', 'www.farm.test')],
    store: join(temporaryDirectory(), 'crawl.db'),
    scope: { within: 'anywhere' },
    connect: { lookup: resolver({ '*': '127.0.0.1' }).lookup, allowAddress: () => true },
    ...options,
  })
  return seen
}

describe('crawl with cookies', () => {
  test('sends back what a server set, to it and its domain, and to nobody else', async () => {
    const seen = await crawlWith((host, path) =>
      host === 'www.farm.test' && path === '/'
        ? [
            'id=1',
            'all=2; Domain=farm.test',
            'deep=3; Path=/in',
            'safe=4; Secure',
            'old=5; Max-Age=0',
          ]
        : [],
    )
    expect(seen).toEqual({
      'www.farm.test/': undefined,
      'www.farm.test/in/1': 'deep=3; id=1; all=2',
      'hay.farm.test/': 'all=2',
      'other.test/': undefined,
      'www.farm.test/last': 'id=1; all=2',
    })
  })

  test('adds them to those that are sent anyway', async () => {
    const headers = { cookie: 'own=0' }
    const seen = await crawlWith((_, path) => (path === '/' ? 'id=1' : []), {
      cookies: true,
      headers,
    })
    expect(seen['www.farm.test/in/1']).toBe('own=0; id=1')
  })

  test('keeps none unless asked', async () => {
    const seen = await crawlWith(() => 'id=1', {})
    expect(new Set(Object.values(seen))).toEqual(new Set([undefined]))
  })

  test('keeps no more than a domain may have, and none that is too long or for others', async () => {
    const seen = await crawlWith((host, path) =>
      host === 'www.farm.test' && path === '/'
        ? [
            `long=${'x'.repeat(5000)}`,
            'theirs=1; Domain=other.test',
            'everybody=1; Domain=test',
            'nonsense',
            '=',
            ...Array.from({ length: 100 }, (_, n) => `c${n}=${n}`),
          ]
        : ['c0=new; Path=/', 'late=1'],
    )
    const last = seen['www.farm.test/last']?.split('; ') ?? []
    expect(last.length).toBeLessThanOrEqual(50)
    expect(last).toContain('c0=new')
    expect(last.join()).not.toMatch(/long|theirs|everybody|late/)
    expect(seen['other.test/']).toBeUndefined()
  })
})

describe('crawl with cookies that goes on', () => {
  test('sends back what was set before it was cut short, and asks walls once more', async () => {
    const seen: string[] = []
    const site = await testSite((response, path, _hit, { headers }) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      seen.push(`${path} ${headers.cookie ?? 'none'}`)
      if (path === '/') {
        response.setHeader('set-cookie', ['id=1', 'gone=1; Max-Age=0'])
        return sendPage(response, ['/a', '/wall', '/gated'])
      }
      const to = (location: string): unknown =>
        response.writeHead(302, { location, 'set-cookie': 'ok=1' }).end()
      if (path === '/gate') return to('/gated')
      if (headers.cookie?.includes('ok=1') !== true) {
        if (path === '/wall') return to('/wall')
        if (path === '/gated') return to('/gate')
      }
      return sendPage(response, [])
    })
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${site.origin}/`], store, cookies: true }
    const limits = { concurrency: 1, concurrencyPerHost: 1 }
    await crawl({ ...options, limits: { ...limits, maxPages: 1 } })
    expect(await crawl({ ...options, limits })).toMatchObject({ pages: 4, failed: 0 })
    expect(seen).toEqual([
      '/ none',
      '/a id=1',
      '/wall id=1',
      '/wall id=1; ok=1',
      '/gated id=1; ok=1',
    ])
  })

  test('comes back to where a gate of cookies sent it away from', async () => {
    const seen: string[] = []
    const site = await testSite((response, path, _hit, { headers }) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      seen.push(`${path} ${headers.cookie ?? 'none'}`)
      if (path === '/' && headers.cookie !== undefined) return sendPage(response, [])
      const location = path === '/' ? '/gate' : '/'
      return response.writeHead(302, { location, 'set-cookie': 'ok=1' }).end()
    })
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${site.origin}/`], store, cookies: true }
    expect(await crawl(options)).toMatchObject({ pages: 1, failed: 0 })
    expect(seen).toEqual(['/ none', '/gate ok=1', '/ ok=1'])
  })

  test('does not go round in circles where cookies do not help', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      return response.writeHead(302, { location: path, 'set-cookie': 'ok=1' }).end()
    })
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${site.origin}/`], store, cookies: true }
    expect(await crawl(options)).toMatchObject({ failures: { redirect: 1 } })
    expect(site.hits('/')).toBe(2)
  })
})
