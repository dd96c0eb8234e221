import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep } from 'corral'
import type { PageServer } from '@corral/web'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDashboard } from '../../src/dashboard/dashboard.ts'
import { dashboardState } from '../../src/dashboard/dashboard-state.ts'
import { chromium, openPage } from '../browser.ts'
import { runCommand, startCommand, temporaryDirectory } from '../command.ts'
import { monitorOf } from '../crawl-progress.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Asks with headers that `fetch` would not let through. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body })
      })
    })
    asked.on('error', reject).end()
  })
}

async function opened(state: () => object | undefined = () => ({ a: 1 })): Promise<PageServer> {
  const port = await freePort()
  const dashboard = await openDashboard({ state, port })
  onTestFinished(async () => {
    await dashboard[Symbol.asyncDispose]()
  })
  return dashboard
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('openDashboard', () => {
  test('serves one page that may load nothing from elsewhere', async () => {
    const { url } = await opened()
    const { status, headers, body } = await ask(url)
    expect(status).toBe(200)
    expect(body).toMatch(/^<!doctype html>/)
    expect(body).not.toMatch(/(src|href)="?(http|\/)/)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
  })
})

const hostile =
  '<img src=x onerror="document.title=`owned`"><script>document.title=`owned`</script>'

describe.runIf(chromium !== undefined)('the page of the dashboard', { timeout: 60_000 }, () => {
  test('shows the crawl, what it was at its end, and the next one', async () => {
    const monitor = monitorOf()
    const of = {
      url: `http://a.test/${hostile}`,
      origin: 'http://a.test',
      attempt: 2,
      duration: 12,
    }
    monitor.observe({ ...of, type: 'page', status: 200, bytes: 2048 })
    monitor.observe({ ...of, type: 'failure', kind: 'http', code: '404', message: '' })
    const about = { seeds: [`http://a.test/${hostile}`], store: hostile, maxPages: undefined }
    const port = await freePort()
    const text = 'document.body.innerText'

    const first = await openDashboard({ port, state: () => dashboardState(monitor, about, 'done') })
    await using page = await openPage(first.url)
    await expect.poll(() => page.evaluate<string>(text), { timeout: 15_000 }).toContain('1,234')
    const shown = await page.evaluate<string>(text)
    expect(shown).toMatch(/pages\s+1,234\s+per second\s+[\d.]+\s+queued\s+5,012/)
    expect(shown).toContain('done 0:12')
    expect(shown).toContain('half within 15 ms, 95 % within 20 ms')
    expect(shown).toMatch(/404\s+http:\/\/a\.test\/<img src=x/)
    expect(await page.evaluate('document.title')).toContain('done · http://a.test/<img')
    expect(await page.evaluate('document.images.length')).toBe(0)

    await first[Symbol.asyncDispose]()
    await sleep(500)
    expect(await page.evaluate(text)).toContain('done 0:12')

    const next = monitorOf({ pages: 77 })
    await using second = await openDashboard({
      port,
      state: () => dashboardState(next, { ...about, seeds: ['http://b.test/'] }),
    })
    await expect.poll(() => page.evaluate(text), { timeout: 15_000 }).toContain('running 0:12')
    expect(await page.evaluate(text)).toMatch(/http:\/\/b\.test\/[^]*pages\s+77/)
    expect(second.watching).toBe(1)
    expect(page.complaints.filter((text) => !text.includes('ERR_'))).toEqual([])
  })

  test('fits a narrow window', async () => {
    const monitor = monitorOf()
    const long = `http://${'very-long-name.'.repeat(12)}test`
    monitor.observe({ url: long, origin: long, attempt: 1, type: 'start' })
    const about = { seeds: [long], store: 'crawl.db', maxPages: undefined }
    const dashboard = await opened(() => dashboardState(monitor, about))
    await using page = await openPage(dashboard.url)
    await expect.poll(() => page.evaluate('document.body.innerText')).toContain('very-long')
    await page.screenshot({ width: 420, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(420)
  })
})

describe('corral crawl --dashboard', () => {
  test('shows it on a port of its own, and ends with the crawl', async () => {
    const site = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      setTimeout(() => response.end('<title>x</title>'), 500)
    }).listen(0, '127.0.0.1')
    await once(site, 'listening')
    onTestFinished(() => site.close().closeAllConnections())
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
    const port = await freePort()
    const { child, ended } = startCommand(
      ['crawl', url, '--dashboard', String(port)],
      temporaryDirectory(),
    )
    await once(child.stderr, 'data')
    const { body } = await ask(`http://127.0.0.1:${port}/events`)
    const { code, stdout, stderr } = await ended
    expect(code).toBe(0)
    expect(stderr).toContain(`Dashboard of ${url}: http://127.0.0.1:${port}/\n`)
    expect(stdout).toContain('Crawl complete')
    const states = [...body.matchAll(/^data: (.*)$/gm)].map(
      ([, data = '']) => JSON.parse(data) as { end?: string; progress: { pages: number } },
    )
    expect(states.at(-1)).toMatchObject({ end: 'done', progress: { pages: 1 } })
  })

  test('says so when its port is taken, before anything is fetched', async () => {
    const other = await opened()
    const port = new URL(other.url).port
    const args = ['crawl', 'http://127.0.0.1:1/', '--dashboard', port]
    expect(await runCommand(args, temporaryDirectory())).toMatchObject({
      code: 1,
      stderr: `corral crawl: dashboard: port ${port} is in use; name another one\n`,
    })
  })
})
