import { createServer, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { MisuseError } from 'corral'
import { describe, expect, onTestFinished, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { ownHeaders } from '../../src/fetch/own-headers.ts'
import { testSite, type TestSite } from '../crawl/test-site.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

const secrets = {
  Authorization: 'Bearer SECRET',
  cookie: 'sid=SECRET',
  'Proxy-Authorization': 'Basic SECRET',
  'X-Api-Key': 'SECRET',
}

interface Web {
  /** Its origin is a seed's. */
  readonly home: TestSite
  /** The same address at another port: another origin. */
  readonly away: TestSite
  /** `home /path`, and which of the secrets came with it. */
  readonly rows: string[]
}

/** Two sites that lead to each other in every way there is. */
async function web(): Promise<Web> {
  const rows: string[] = []
  const record = (name: string, path: string, headers: IncomingHttpHeaders): void => {
    const came = Object.keys(secrets).filter((each) => headers[each.toLowerCase()] !== undefined)
    const conditional = headers['if-none-match'] === undefined ? '' : ' again'
    const text = came.length === Object.keys(secrets).length ? 'all' : came.join('+') || 'none'
    rows.push(`${name} ${path}${conditional}: ${text}`)
  }
  const away: TestSite = await testSite((response, path, _hit, { headers }) => {
    record('away', path, headers)
    if (path === '/robots.txt') return response.writeHead(302, { location: '/rules' }).end()
    if (path === '/back') {
      return response.writeHead(302, { location: `${home.origin}/came-back` }).end()
    }
    if (path === '/sitemap') {
      return response.end(`<urlset><url><loc>${home.origin}/listed</loc></url></urlset>`)
    }
    if (headers['if-none-match'] !== undefined) return response.writeHead(304).end()
    return response.writeHead(200, { 'content-type': 'text/html', etag: '"1"' }).end('away')
  })
  const home: TestSite = await testSite((response, path, hit, { headers }) => {
    record('home', path, headers)
    const to = (location: string): unknown => response.writeHead(302, { location }).end()
    const links = ['/to-home', '/to-away', '/busy', `${away.origin}/linked`, `${away.origin}/back`]
    switch (path) {
      case '/robots.txt':
        return response.end(`Sitemap: ${away.origin}/sitemap\nSitemap: ${home.origin}/sitemap`)
      case '/sitemap':
        return to(`${away.origin}/sitemap`)
      case '/to-home':
        return to('/arrived')
      case '/to-away':
        return to(`${away.origin}/arrived`)
      case '/busy':
        if (hit === 1) return response.writeHead(503).end()
    }
    if (headers['if-none-match'] !== undefined) return response.writeHead(304).end()
    const head = `<link rel=canonical href="${away.origin}/canonical">`
    const refresh = `<meta http-equiv=refresh content="1; url=${away.origin}/refresh">`
    const body = links.map((href) => `<a href="${href}">x</a>`).join('')
    response.writeHead(200, { 'content-type': 'text/html', etag: '"1"' })
    return response.end(path === '/' ? head + refresh + body : 'home')
  })
  return { home, away, rows }
}

async function crawlWeb(
  seeds: readonly string[],
  more: Partial<CrawlOptions> = {},
): Promise<string> {
  const store = typeof more.store === 'string' ? more.store : join(temporaryDirectory(), 'crawl.db')
  await crawl({
    seeds,
    scope: { within: 'anywhere' },
    connect: { allowAddress: () => true },
    headers: secrets,
    findSitemaps: true,
    ...more,
    store,
    limits: { retryDelay: 10, ...more.limits },
  })
  return store
}

const unique = (rows: readonly string[]): string[] => [...new Set(rows)].toSorted()

const everyWay = [
  'away /arrived: none',
  'away /back: none',
  'away /canonical: none',
  'away /linked: none',
  'away /refresh: none',
  'away /robots.txt: none',
  'away /rules: none',
  'away /sitemap: none',
  'home /: all',
  'home /arrived: all',
  'home /busy: all',
  'home /came-back: all',
  'home /listed: all',
  'home /robots.txt: all',
  'home /sitemap: all',
  'home /to-away: all',
  'home /to-home: all',
]

describe('headers that are set for a crawl', () => {
  test('go to the origins of the seeds, by whatever way, and to no others', async () => {
    const { home, rows } = await web()
    await crawlWeb([`${home.origin}/`])
    expect(unique(rows)).toEqual(everyWay)
    expect(rows.filter((row) => row === 'home /busy: all')).toHaveLength(2)
  })

  test('stay at home when pages are asked for again', async () => {
    const { home, rows } = await web()
    const store = await crawlWeb([`${home.origin}/`])
    rows.length = 0
    await crawlWeb([`${home.origin}/`], { store, refreshAfter: 0 })
    const again = unique(rows.filter((row) => row.includes(' again')))
    expect(again).toContain('away /linked again: none')
    expect(again).toContain('home / again: all')
    expect(rows.filter((row) => row.startsWith('away') && !row.endsWith('none'))).toEqual([])
  })

  test('are those of the run: a queue that was stored has none', async () => {
    const { home, rows } = await web()
    const store = await crawlWeb([`${home.origin}/`], { limits: { maxPages: 1, concurrency: 1 } })
    expect(rows).not.toContain('away /linked: none')
    await crawlWeb([`${home.origin}/`], { store })
    expect(unique(rows)).toEqual(everyWay)
  })

  test('go to origins that are named, too', async () => {
    const { home, away, rows } = await web()
    await crawlWeb([`${home.origin}/`], { headerOrigins: [`${away.origin}/any/path`] })
    expect(rows).toContain('away /linked: all')
    expect(rows.filter((row) => !row.endsWith(': all'))).toEqual([])
  })

  test('do not go to the origin of a sitemap: it may lie anywhere', async () => {
    const { home, away, rows } = await web()
    await crawlWeb([`${home.origin}/`], { sitemaps: [`${away.origin}/sitemap`] })
    expect(rows).toContain('away /sitemap: none')
    expect(rows).toContain('home /listed: all')
    const sitemaps = [`${away.origin.replace('//', '//user:pw@')}/sitemap`]
    rows.length = 0
    await crawlWeb([`${home.origin}/`], { sitemaps })
    // User and password that stand in its URL are meant for it.
    expect(rows).toContain('away /sitemap: Authorization')
    expect(rows).toContain('home /listed: all')
    rows.length = 0
    const alone = { sitemaps: [`${away.origin}/sitemap`] }
    await expect(crawlWeb([], alone)).rejects.toThrow(
      /^crawl: headers are sent to the origins of seeds, and there are none; name others in headerOrigins$/,
    )
    expect(rows).toEqual([])
    await crawlWeb([], { ...alone, headerOrigins: [home.origin] })
    expect(rows).toContain('away /sitemap: none')
    expect(rows).toContain('home /listed: all')
  })

  test('go through a proxy to the same origins; that for proxies goes to the proxy', async () => {
    const { home, rows } = await web()
    const asked: (string | undefined)[] = []
    const proxy = createServer((incoming, response) => {
      const { 'proxy-authorization': own, ...headers } = incoming.headers
      asked.push(own)
      const outgoing = httpRequest(incoming.url ?? '', { headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      })
      outgoing.on('error', () => response.destroy()).end()
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      proxy.closeAllConnections()
      proxy.close()
    })
    const { port } = proxy.address() as AddressInfo
    await crawlWeb([`${home.origin}/`], { proxy: `http://127.0.0.1:${port}` })
    const three = 'Authorization+cookie+X-Api-Key'
    expect(unique(rows)).toEqual(everyWay.map((row) => row.replace(/all$/, three)))
    expect(new Set(asked)).toEqual(new Set([secrets['Proxy-Authorization']]))
  })
})

describe('user and password of a seed', () => {
  test('are Basic credentials for its origin, and stand nowhere else', async () => {
    const seen: string[] = []
    const away = await testSite((response, path, _hit, { headers }) => {
      seen.push(`away ${path} ${headers.authorization}`)
      response.writeHead(200, { 'content-type': 'text/html' }).end('away')
    })
    const home = await testSite((response, path, _hit, { headers }) => {
      seen.push(`home ${path} ${headers.authorization}`)
      response.writeHead(200, { 'content-type': 'text/html' })
      // Those of a link are nobody's.
      const link = away.origin.replace('//', '//link:pw@')
      response.end(`<a href="${link}/x">x</a><a href="/y">x</a>`)
    })
    const warc = temporaryDirectory()
    const seed = `${home.origin.replace('//', '//us%65r:p%40s%zz%FF@').replace('http', 'HTTP')}/`
    const store = await crawlWeb([seed], { warc, headers: { 'X-Api-Key': 'hush-hush' } })
    const code = Buffer.concat([Buffer.from('user:p@s%zz'), Buffer.from([0xff])]).toString('base64')
    expect(seen.toSorted()).toEqual([
      'away /robots.txt undefined',
      'away /x undefined',
      `home / Basic ${code}`,
      `home /robots.txt Basic ${code}`,
      `home /y Basic ${code}`,
    ])
    const [file = ''] = readdirSync(warc)
    const stored = readFileSync(store, 'latin1')
    expect(stored).not.toContain('link:pw')
    const written = stored + membersOf(readFileSync(join(warc, file)))
    expect(written).toContain(home.origin)
    for (const secret of [code, 'p%40s', 'p@s', 'us%65r', 'hush-hush']) {
      expect(written).not.toContain(secret)
    }
  })

  test('go before a header that is set for all', () => {
    const seeds = ['http://a:b@x.test/', 'http://x.test/1', 'https://x.test/', 'http://y.test:8080']
    const own = ownHeaders({ seeds, headers: { AUTHORIZATION: 'z' } })
    expect([...own]).toEqual([
      ['http://x.test', { authorization: 'Basic YTpi' }],
      ['https://x.test', { authorization: 'z' }],
      ['http://y.test:8080', { authorization: 'z' }],
    ])
  })

  test('are those of the origin, however it is written', () => {
    const seeds = ['HTTP://u:p@BÜCHER.test:80', 'http://@[::1]:81/', 'http://v:@127.1/']
    expect([...ownHeaders({ seeds })]).toEqual([
      ['http://xn--bcher-kva.test', { authorization: 'Basic dTpw' }],
      ['http://[::1]:81', {}],
      ['http://127.0.0.1', { authorization: 'Basic djo=' }],
    ])
  })

  test('may not be two of one origin, and no message has them', async () => {
    const seeds = ['http://a:one@x.test/', 'http://a:two@x.test/y']
    const error = await Promise.resolve(crawl({ seeds, store: '' })).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(MisuseError)
    expect((error as Error).message).toMatch(/one user and password for http:\/\/x\.test, got two/)
  })

  test.each([
    'http://u:hidden@',
    'ftp://u:hidden@a.test/',
    'u:hidden@a.test',
    'http://u:hid/den@a:b/',
  ])('stand in no message about %s', async (seed) => {
    const error = await Promise.resolve(crawl({ seeds: [seed], store: '' })).catch(String)
    expect(error).toMatch(/seeds must be http or https URLs/)
    expect(error).not.toMatch(/hid/)
  })
})

/** What stands in a file of gzip members. */
function membersOf(bytes: Buffer): string {
  return gunzipSync(bytes).toString('latin1')
}
