import { createServer, request as httpRequest } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Event, taskGroup } from 'corral'
import { describe, expect, onTestFinished, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { graph, sendPage, testSite, type TestSite } from './test-site.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

interface Proxy {
  readonly url: string
  readonly asked: string[]
  readonly sockets: Set<Socket>
}

/** A proxy that forwards plain http to the site, whatever its host is called, and tunnels the rest. */
async function proxyTo(site: TestSite, credentials?: string): Promise<Proxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const { port } = new URL(site.origin)
  const isKnown = (given: string | undefined): boolean =>
    credentials === undefined || given === `Basic ${Buffer.from(credentials).toString('base64')}`
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    if (!isKnown(incoming.headers['proxy-authorization'])) return response.writeHead(407).end()
    const { pathname, search } = new URL(incoming.url ?? '')
    const { headers } = incoming
    const outgoing = httpRequest({ port, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    return outgoing.end()
  })
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    socket.on('error', () => {})
    if (!isKnown(incoming.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    const upstream = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    upstream.on('error', () => socket.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port: own } = server.address() as AddressInfo
  const user = credentials === undefined ? '' : `${encodeURI(credentials)}@`
  return { url: `http://${user}127.0.0.1:${own}`, asked, sockets }
}

async function crawlBy(
  proxy: string,
  seeds: readonly string[],
  more: Partial<CrawlOptions> = {},
): Promise<{ pages: string[]; errors: string[] }> {
  const store = join(temporaryDirectory(), 'crawl.db')
  const { limits, ...rest } = more
  await crawl({ seeds, store, proxy, limits: { attempts: 1, ...limits }, ...rest })
  using reader = new StoreReader(store)
  return {
    pages: [...reader.pages()].map(({ url }) => url),
    errors: [...reader.errors()].map(({ url, kind, code }) => `${url} ${kind} ${code}`),
  }
}

describe('crawl with a proxy', () => {
  test('asks it for everything, robots.txt too; names are its affair', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') return response.end('User-agent: *\nDisallow: /no')
      if (path === '/packed') {
        return response
          .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
          .end(gzipSync('<a href=/last>x</a>'))
      }
      if (path === '/moved') return response.writeHead(302, { location: '/packed' }).end()
      return sendPage(response, path === '/' ? ['/moved', '/no'] : [])
    })
    const proxy = await proxyTo(site)
    const { pages, errors } = await crawlBy(proxy.url, ['http://nowhere.invalid/'])
    expect(errors).toEqual([])
    expect(pages).toEqual(
      ['/', '/moved', '/packed', '/last'].map((path) => `http://nowhere.invalid${path}`),
    )
    expect(proxy.asked[0]).toBe('GET http://nowhere.invalid/robots.txt')
    expect(proxy.asked).toHaveLength(5)
  })

  test('tells it who it is, and records that it is not let in', async () => {
    const site = await testSite(graph(5))
    const proxy = await proxyTo(site, 'cow:hay stack')
    expect((await crawlBy(proxy.url, ['http://a.invalid/0'])).pages).toHaveLength(5)
    const stranger = proxy.url.replace(/\/\/.*@/, '//')
    const { pages, errors } = await crawlBy(stranger, ['http://a.invalid/0'], { obeyRobots: false })
    expect(pages).toEqual([])
    expect(errors).toEqual(['http://a.invalid/0 network CONNECT'])
  })

  test('goes through a tunnel to https', async () => {
    const site = await testSite(graph(1))
    const proxy = await proxyTo(site)
    const { errors } = await crawlBy(proxy.url, ['https://a.invalid/0'])
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT a.invalid:443']))
    // What is behind the tunnel speaks no TLS.
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^https:\/\/a\.invalid\/0 (tls|network) /)
  })

  test('asks it for no address inside', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else {
        sendPage(response, [
          'http://10.0.0.1/',
          'http://[::1]/',
          'http://localhost/',
          'http://169.254.169.254/',
        ])
      }
    })
    const proxy = await proxyTo(site)
    const { errors } = await crawlBy(proxy.url, ['http://a.invalid/'], {
      scope: { within: 'anywhere' },
    })
    expect(errors).toHaveLength(4)
    expect(errors.every((error) => error.endsWith('address ADDRESS_REFUSED'))).toBe(true)
    expect(proxy.asked).toHaveLength(2)
  })

  test('records what is too large, and a proxy that is not there', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else response.writeHead(200, { 'content-type': 'text/html' }).end(Buffer.alloc(500_000))
    })
    const proxy = await proxyTo(site)
    const limits = { maxBytes: 100_000 }
    expect((await crawlBy(proxy.url, ['http://a.invalid/'], { limits })).errors).toEqual([
      'http://a.invalid/ body TOO_LARGE',
    ])
    expect((await crawlBy('http://127.0.0.1:1', ['http://a.invalid/'])).errors).toEqual([
      'http://a.invalid/ network ECONNREFUSED',
    ])
    await expect(crawlBy('ftp://x', ['http://a.invalid/'])).rejects.toThrow(
      'crawl: proxy must be the http, https or socks5 URL of a proxy, got "ftp://x"',
    )
  })

  test('is cancelled while it waits for an answer, and leaves no connection', async () => {
    const asked = new Event()
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else asked.set()
    })
    const proxy = await proxyTo(site)
    const before = performance.now()
    await taskGroup(async (group) => {
      group.spawn(() => crawlBy(proxy.url, ['http://a.invalid/']))
      await asked.wait()
      group.cancel()
    })
    expect(performance.now() - before).toBeLessThan(5000)
    await expect.poll(() => proxy.sockets.size).toBe(0)
  })

  test('gives up on an answer that does not come in time', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
    })
    const proxy = await proxyTo(site)
    const { errors } = await crawlBy(proxy.url, ['http://a.invalid/'], { limits: { timeout: 200 } })
    expect(errors).toEqual(['http://a.invalid/ timeout TIMEOUT'])
  })
})
