import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { resolver } from './resolver.ts'
import { page, testSite, type TestSite } from './test-site.ts'

const limits = { retryDelay: 5, attempts: 2 }

function newStore(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

function urlset(...urls: readonly string[]): string {
  return `<urlset>${urls.map((url) => `<url><loc>${url}</loc></url>`).join('')}</urlset>`
}

/** A site of files; a body may depend on the origin, and be a status, or a place to go. */
async function files(
  table: Readonly<Record<string, (origin: string) => string | Uint8Array | number>>,
): Promise<TestSite> {
  const site: TestSite = await testSite((response, path, _hit, request) => {
    const body = table[path]?.(`http://${request.headers.host}`) ?? 404
    if (typeof body === 'number') response.writeHead(body).end()
    else if (typeof body === 'string' && body.startsWith('->')) {
      response.writeHead(301, { location: body.slice(2) }).end()
    } else response.writeHead(200, { 'content-type': typeOf(path) }).end(body)
  })
  return site
}

function typeOf(path: string): string {
  if (path.endsWith('.xml')) return 'application/xml'
  if (path.endsWith('.gz')) return 'application/gzip'
  return path.endsWith('.txt') ? 'text/plain' : 'text/html'
}

function pathsIn(store: string): string[] {
  using reader = new StoreReader(store)
  return [...reader.pages()].map(({ url }) => new URL(url).pathname).toSorted()
}

function errorsIn(store: string): string[] {
  using reader = new StoreReader(store)
  return [...reader.errors()].map(
    ({ url, kind, code }) => `${new URL(url).pathname} ${kind} ${code}`,
  )
}

const html = (): string => page([])

describe('crawl with sitemaps', () => {
  test('finds them through robots.txt: an index, packed ones, text, a redirect', async () => {
    const site = await files({
      '/robots.txt': (origin) =>
        `Sitemap: ${origin}/index.xml\nUser-agent: *\nDisallow: /private\nSitemap: /relative.txt`,
      '/': html,
      '/index.xml': (origin) =>
        `<sitemapindex><sitemap><loc>${origin}/one.xml.gz</loc></sitemap>
         <sitemap><loc>${origin}/moved.xml</loc></sitemap><sitemap><loc>${origin}/gone.xml</loc></sitemap></sitemapindex>`,
      '/one.xml.gz': (origin) =>
        gzipSync(urlset(`${origin}/1`, `${origin}/private`, '/2', 'mailto:x')),
      '/moved.xml': () => '->/new.xml',
      '/new.xml': (origin) => urlset(`${origin}/3`, 'http://elsewhere.test/'),
      '/relative.txt': (origin) => `${origin}/4\n`,
      '/1': html,
      '/2': html,
      '/3': html,
      '/4': html,
    })
    const store = newStore()
    const result = await crawl({ seeds: [`${site.origin}/`], store, limits, findSitemaps: true })
    expect(pathsIn(store)).toEqual([
      '/',
      '/1',
      '/2',
      '/3',
      '/4',
      '/index.xml',
      '/moved.xml',
      '/new.xml',
      '/one.xml.gz',
      '/relative.txt',
    ])
    expect(errorsIn(store)).toEqual(['/gone.xml http 404'])
    expect(result).toMatchObject({ skipped: 2 })
    expect(site.hits('/private')).toBe(0)
    using reader = new StoreReader(store)
    const rows = new Map([...reader.pages()].map((row) => [new URL(row.url).pathname, row]))
    expect(rows.get('/3')?.depth).toBe(0)
    expect(rows.get('/one.xml.gz')?.note).toBe('sitemap of 4')
    const kinds = [...reader.links()].map(
      ({ from_url, to_url, kind }) =>
        `${new URL(from_url).pathname} ${kind} ${new URL(to_url).pathname}`,
    )
    expect(kinds).toContain('/index.xml sitemap /one.xml.gz')
    expect(kinds).toContain('/new.xml listed /3')
  })

  test('reads none of robots.txt unless asked', async () => {
    const site = await files({
      '/robots.txt': (origin) => `Sitemap: ${origin}/s.xml`,
      '/': html,
      '/s.xml': (origin) => urlset(`${origin}/1`),
    })
    const store = newStore()
    await crawl({ seeds: [`${site.origin}/`], store, limits })
    expect(pathsIn(store)).toEqual(['/'])
  })

  test('begins with sitemaps alone', async () => {
    const site = await files({
      '/s.txt': (origin) => `${origin}/1\n${origin}/2`,
      '/1': html,
      '/2': html,
    })
    const store = newStore()
    await crawl({ seeds: [], sitemaps: [`${site.origin}/s.txt`], store, limits })
    expect(pathsIn(store)).toEqual(['/1', '/2', '/s.txt'])
  })

  test('ends with indexes in a circle, with too deep ones, and with what is no sitemap', async () => {
    const deeper = (n: number) => (origin: string) =>
      `<sitemapindex><sitemap><loc>${origin}/d${n}.xml</loc></sitemap></sitemapindex>`
    const table = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`/d${n}.xml`, deeper(n + 1)]),
    )
    const site = await files({
      '/robots.txt': (origin) =>
        ['a.xml', 'd0.xml', 'page', 'broken.xml.gz']
          .map((each) => `Sitemap: ${origin}/${each}`)
          .join('\n'),
      '/': html,
      '/a.xml': (origin) =>
        `<sitemapindex><sitemap><loc>${origin}/b.xml</loc></sitemap></sitemapindex>`,
      '/b.xml': (origin) =>
        `<sitemapindex><sitemap><loc>${origin}/a.xml</loc></sitemap></sitemapindex>`,
      '/page': () => page(['/never']),
      '/broken.xml.gz': (origin) => gzipSync(urlset(`${origin}/1`)).subarray(0, 40),
      ...table,
    })
    const store = newStore()
    await crawl({ seeds: [`${site.origin}/`], store, limits, findSitemaps: true })
    expect(pathsIn(store)).toEqual([
      '/',
      '/a.xml',
      '/b.xml',
      '/broken.xml.gz',
      '/d0.xml',
      '/d1.xml',
      '/d2.xml',
      '/d3.xml',
      '/d4.xml',
      '/page',
    ])
    expect(errorsIn(store)).toEqual([])
    using reader = new StoreReader(store)
    const notes = [...reader.pages()].map(({ note }) => note ?? '')
    expect(notes.filter((note) => note.includes('cut off'))).toHaveLength(1)
  })

  test('takes one of another host, and of that what is in scope, but none inside', async () => {
    const secret = await files({ '/s.xml': (origin) => urlset(`${origin}/admin`) })
    const site = await files({
      '/robots.txt': (origin) =>
        `Sitemap: ${origin.replace('site.test', 'cdn.test')}/s.xml\nSitemap: ${secret.origin}/s.xml`,
      '/': html,
      '/1': html,
      '/s.xml': (origin) => urlset(`${origin.replace('cdn.test', 'site.test')}/1`, `${origin}/2`),
    })
    const { lookup } = resolver({ 'site.test': '127.0.0.1', 'cdn.test': '127.0.0.1' })
    const store = newStore()
    const secretPort = Number(new URL(secret.origin).port)
    await crawl({
      seeds: [`${site.origin.replace('127.0.0.1', 'site.test')}/`],
      store,
      limits,
      findSitemaps: true,
      // As if all but the secret one were public.
      connect: { lookup, allowAddress: (_, { port }) => port !== secretPort },
    })
    expect(pathsIn(store)).toEqual(['/', '/1', '/s.xml'])
    expect(errorsIn(store)).toEqual(['/s.xml address ADDRESS_REFUSED'])
    expect(secret.seen).toEqual([])
  })
})

/** A site whose pages have an etag and say 304 to who knows it; `versions` change them. */
async function versioned(versions: Map<string, number>, robots = ''): Promise<TestSite> {
  return testSite((response, path, _hit, request) => {
    const version = versions.get(path)
    if (path === '/robots.txt') {
      return response.end(robots.replace('ORIGIN', `http://${request.headers.host}`))
    }
    if (version === undefined) return response.writeHead(404).end()
    if (path.endsWith('.xml')) {
      const at = new Date(Date.now() + version * 3_600_000 - 60_000).toISOString()
      const list = [...versions.keys()].filter((each) => !each.endsWith('.xml'))
      const old = '2001-01-01'
      const text = list.map(
        (each) =>
          `<url><loc>http://${request.headers.host}${each}</loc><lastmod>${(versions.get(each) ?? 0) > 1 ? at : old}</lastmod></url>`,
      )
      return response.writeHead(200).end(`<urlset>${text.join('')}</urlset>`)
    }
    const etag = `"${version}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
    response.writeHead(200, {
      'content-type': 'text/html',
      etag,
      'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
    })
    const links = path === '/' ? ['/1', '/2', '/3', ...(version > 1 ? ['/4'] : [])] : []
    return response.end(page(links, `${path} version ${version}`))
  })
}

function titles(store: string): string[] {
  using reader = new StoreReader(store)
  return [...reader.pages()].map(({ title }) => title ?? '').toSorted()
}

describe('crawl once more', () => {
  test('asks conditionally for pages that are older, and keeps those that did not change', async () => {
    const versions = new Map(Object.entries({ '/': 1, '/1': 1, '/2': 1, '/3': 1 }))
    const site = await versioned(versions)
    const store = newStore()
    const seeds = [`${site.origin}/`]
    expect(await crawl({ seeds, store, limits })).toMatchObject({ pages: 4 })

    versions.set('/', 2).set('/2', 2).set('/4', 1).delete('/3')
    site.seen.length = 0
    expect(await crawl({ seeds, store, limits, refreshAfter: 60_000 })).toMatchObject({ pages: 4 })
    expect(site.seen).toEqual([])

    const result = await crawl({ seeds, store, limits, refreshAfter: 0 })
    expect(result).toMatchObject({ pages: 4, failed: 1, queued: 0 })
    expect(titles(store)).toEqual(['/ version 2', '/1 version 1', '/2 version 2', '/4 version 1'])
    expect(errorsIn(store)).toEqual(['/3 http 404'])
    expect(site.seen.map(({ path }) => path).toSorted()).toEqual([
      '/',
      '/1',
      '/2',
      '/3',
      '/4',
      '/robots.txt',
    ])
  })

  test('takes a 304 that it did not ask for as it is', async () => {
    const site = await testSite((response, path) => {
      response.writeHead(path === '/robots.txt' ? 404 : 304).end()
    })
    const store = newStore()
    await crawl({ seeds: [`${site.origin}/`], store, limits })
    expect(pathsIn(store)).toEqual(['/'])
  })

  test('asks again for what a sitemap says has changed, and for nothing else', async () => {
    const versions = new Map(Object.entries({ '/s.xml': 0, '/1': 1, '/2': 1 }))
    const site = await versioned(versions)
    const options = { seeds: [], sitemaps: [`${site.origin}/s.xml`], store: newStore(), limits }
    expect(await crawl(options)).toMatchObject({ pages: 3 })

    site.seen.length = 0
    versions.set('/s.xml', 1).set('/2', 2)
    expect(await crawl(options)).toMatchObject({ pages: 3 })
    expect(site.seen.map(({ path }) => path)).toEqual(['/robots.txt', '/s.xml', '/2'])
    expect(titles(options.store)).toEqual(['', '/1 version 1', '/2 version 2'])
  })
})

describe('crawl with dedupe', () => {
  test('follows the links of one of the pages that are the same', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      const links = path === '/' ? ['/a/', '/b/'] : ['x/']
      return response.writeHead(200, { 'content-type': 'text/html' }).end(page(links))
    })
    const store = newStore()
    await crawl({ seeds: [`${site.origin}/`], store, limits, dedupe: true })
    const paths = pathsIn(store)
    expect(paths).toHaveLength(4)
    using reader = new StoreReader(store)
    const copies = [...reader.pages()].filter((row) => row.same_as !== null)
    expect(copies).toHaveLength(2)
  })
})
