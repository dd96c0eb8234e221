import { readdirSync, readFileSync } from 'node:fs'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { cert, key } from '../../../http/test/connect/certificate.ts'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { page } from './test-site.ts'

interface Site {
  readonly origin: string
  /** When requests came. */
  readonly came: number[]
  readonly versions: Set<string>
  connections: number
  open: number
  most: number
}

/** Thirty pages by HTTP/2, or by HTTP/1.1 for who wants that; `act` may do something else with the nth request. */
async function siteOf(act?: (stream: ServerHttp2Stream, nth: number) => boolean): Promise<Site> {
  const site = {
    origin: '',
    came: [] as number[],
    versions: new Set<string>(),
    connections: 0,
    open: 0,
    most: 0,
  }
  const server = createSecureServer({ cert, key, allowHTTP1: true })
  server.on('sessionError', () => {})
  server.on('secureConnection', () => site.connections++)
  server.on('request', (request, response) => {
    site.came.push(Date.now())
    site.versions.add(request.httpVersion)
    site.most = Math.max(site.most, ++site.open)
    response.stream?.on('error', () => {})
    response.on('close', () => site.open--)
    if (act?.(response.stream, site.came.length) === true) return
    setTimeout(() => {
      if (request.url === '/robots.txt') {
        response.writeHead(404)
        response.end()
        return
      }
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(page(Array.from({ length: 30 }, (_, n) => `/${n}`)))
    }, 5)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  site.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return site
}

const crawlOf = (
  site: Site,
  options: Partial<CrawlOptions> = {},
): Promise<{ pages: number; failed: number }> =>
  Promise.resolve(
    crawl({
      seeds: [`${site.origin}/0`],
      store: join(temporaryDirectory(), 'crawl.db'),
      connect: { tls: { rejectUnauthorized: false } },
      http2: true,
      ...options,
    }),
  )

test('a crawl by HTTP/2 has one connection to a host, and asks no more of it at a time', async () => {
  const site = await siteOf()
  const warc = temporaryDirectory()
  const limits = { concurrencyPerHost: 3 }
  expect(await crawlOf(site, { limits, warc })).toMatchObject({ pages: 30, failed: 0 })
  expect(site).toMatchObject({ connections: 1, most: 3, versions: new Set(['2.0']) })
  const archive = readdirSync(warc).map((name) =>
    gunzipSync(readFileSync(join(warc, name))).toString(),
  )
  const records = archive.join('').split('WARC/1.1\r\n')
  const spoken = records.filter((record) => record.includes('WARC-Protocol: h2\r\n'))
  expect(spoken).toHaveLength(2 * 31)
  const asked = records.find((record) => record.includes('GET /7 HTTP/1.1\r\n'))
  expect(asked).toContain(`\r\nhost: ${new URL(site.origin).host}\r\n`)
  expect(asked).not.toMatch(/connection:/i)
})

test('a crawl by HTTP/2 keeps its delay', async () => {
  const site = await siteOf()
  const limits = { delay: 60, maxPages: 5 }
  expect(await crawlOf(site, { limits })).toMatchObject({ pages: 5 })
  const gaps = site.came.slice(1).map((at, n) => at - (site.came[n] ?? 0))
  // What a busy machine delays on the way comes late, and what follows it does not.
  expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeGreaterThanOrEqual(60 * gaps.length - 20)
})

test('a crawl by HTTP/1.1 is what it was', async () => {
  const site = await siteOf()
  expect(await crawlOf(site, { http2: false })).toMatchObject({ pages: 30, failed: 0 })
  expect(site.versions).toEqual(new Set(['1.1']))
})

test('a server that goes away again and again, and refuses in between, loses no page', async () => {
  // More than one GOAWAY of a session may only take back, which would be a fault of the server's.
  const gone = new Set<unknown>()
  const site = await siteOf((stream, nth) => {
    const { session, id = 0 } = stream
    if (nth % 5 === 0 && !gone.has(session)) session?.goaway(0, id)
    if (nth % 5 === 0) gone.add(session)
    if (nth % 7 !== 0) return false
    stream.close(7)
    return true
  })
  expect(await crawlOf(site)).toMatchObject({ pages: 30, failed: 0 })
  expect(site.connections).toBeGreaterThan(1)
})
