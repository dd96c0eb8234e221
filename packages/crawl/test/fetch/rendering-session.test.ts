import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from 'corral'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { testSite, type TestSite } from '../crawl/test-site.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

const executablePath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((name) => name !== undefined && existsSync(name))

const scripted = `<!doctype html><title>Empty</title><body><img src=/picture><script src=/app.js></script>`
const app = (inside: string): string => `
  document.title = 'Full'
  const link = (href) => { const a = document.createElement('a'); a.href = href; document.body.append(a) }
  const pages = new XMLHttpRequest()
  pages.open('GET', '/pages.json', false)
  pages.send()
  for (const each of JSON.parse(pages.responseText)) link(each)
  const other = new XMLHttpRequest()
  other.open('GET', '${inside}/secret', false)
  try { other.send(); link('/leaked') } catch {}
`

async function site(inside: string): Promise<TestSite> {
  const bodies: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': ['text/html', scripted],
    '/app.js': ['text/javascript', app(inside)],
    '/pages.json': ['application/json', '["/one", "/moves"]'],
    '/moves': ['text/html', '<script>location = "/two"</script>'],
    '/one': ['text/html', '<title>/one</title>'],
    '/two': ['text/html', '<title>/two</title>'],
    '/slow': ['text/html', '<script src=/never></script>'],
  }
  return await testSite((response, path) => {
    if (path === '/never') return
    const [type, body] = bodies[path] ?? []
    response.writeHead(
      body === undefined ? 404 : 200,
      type === undefined ? {} : { 'content-type': type },
    )
    response.end(body)
  })
}

describe.skipIf(executablePath === undefined)('a crawl that renders pages', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox', '--disable-gpu'],
    })
  })
  afterAll(async () => await browser.close())

  test('finds what scripts make, by its own session alone', async () => {
    const inside = await testSite((response) => {
      response.writeHead(200, { 'access-control-allow-origin': '*' }).end('secret')
    })
    const web = await site(inside.origin)
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${web.origin}/`], store, userAgent: 'Bot/1' }
    expect(await crawl(options)).toMatchObject({ pages: 1, failed: 0 })
    expect(await crawl({ ...options, refreshAfter: 0, render: { browser } })).toMatchObject({
      pages: 4,
      failed: 0,
    })
    using reader = new StoreReader(store)
    const pages = [...reader.pages()].map(({ url, title, status }) => {
      return [url.slice(web.origin.length), status, title]
    })
    expect(pages).toEqual([
      ['/', 200, 'Full'],
      ['/one', 200, '/one'],
      ['/moves', 302, null],
      ['/two', 200, '/two'],
    ])
    // The guard is that of the crawl; nothing is fetched that is only seen; all that is says who asks.
    expect(inside.seen).toEqual([])
    expect(web.hits('/picture')).toBe(0)
    expect(new Set(web.seen.map(({ userAgent }) => userAgent))).toEqual(new Set(['Bot/1']))
    expect(browser.contexts()).toEqual([])
  })

  test('closes its pages when it is cancelled', async () => {
    const web = await site('http://127.0.0.1:9')
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${web.origin}/slow`], store, render: { browser } }
    const crawling = spawn(async () => await crawl(options))
    await vi.waitFor(() => expect(web.hits('/never')).toBe(1), { timeout: 50_000 })
    expect(browser.contexts()).toHaveLength(1)
    crawling.cancel()
    expect(await crawling.settled()).toMatchObject({ status: 'rejected' })
    expect(browser.contexts()).toEqual([])
  })
})
