import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep, taskGroup } from 'corral'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDashboard, type Dashboard } from '../../src/dashboard/dashboard.ts'
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

async function opened(state: () => object | undefined = () => ({ a: 1 })): Promise<Dashboard> {
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

  test('answers this machine only, by its own name', async () => {
    const { url } = await opened()
    const { port } = new URL(url)
    const status = async (headers: Record<string, string>, path = ''): Promise<unknown> =>
      (await ask(url + path, headers)).status
    for (const path of ['', 'events']) {
      expect(await status({ host: 'evil.test' }, path)).toBe(403)
      expect(await status({ host: `evil.test:${port}` }, path)).toBe(403)
      expect(await status({ host: '127.0.0.1' }, path)).toBe(403)
      expect(await status({ origin: 'http://evil.test' }, path)).toBe(403)
      expect(await status({ origin: 'null' }, path)).toBe(403)
      expect(await status({ origin: 'http://127.0.0.1:1' }, path)).toBe(403)
    }
    expect(await status({ host: `localhost:${port}` })).toBe(200)
    expect(await status({ origin: `http://127.0.0.1:${port}` })).toBe(200)
    expect(await status({}, 'etc/passwd')).toBe(404)
    expect((await ask(url, {}, 'POST')).status).toBe(405)
  })

  test('sends what there is at once, again and again, and at the end', async () => {
    let value = 1
    const dashboard = await opened(() => ({ value }))
    const watching = ask(`${dashboard.url}events`)
    await expect.poll(() => dashboard.watching).toBe(1)
    await taskGroup(async (group) => {
      group.spawn(() => dashboard.run())
      value = 2
      await sleep(700)
      group.cancel()
    })
    value = 3
    await dashboard[Symbol.asyncDispose]()
    const { body, headers } = await watching
    expect(headers['content-type']).toBe('text/event-stream')
    expect([...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => data)).toEqual([
      '{"value":1}',
      '{"value":2}',
      '{"value":3}',
    ])
    await expect(ask(dashboard.url)).rejects.toThrow('ECONNREFUSED')
  })

  test('waits for no page that reads nothing, neither while it runs nor at its end', async () => {
    const dashboard = await opened(() => ({ text: 'x'.repeat(5_000_000) }))
    const asked = request(`${dashboard.url}events`, { agent: false })
    asked.on('error', () => {}).end()
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream]
    response.on('error', () => {}).pause()
    await taskGroup(async (group) => {
      group.spawn(() => dashboard.run())
      await sleep(1200)
      group.cancel()
    })
    const before = performance.now()
    await dashboard[Symbol.asyncDispose]()
    expect(performance.now() - before).toBeLessThan(10_000)
    await expect.poll(() => dashboard.watching).toBe(0)
  })

  test('lets so many pages look on, and no more', async () => {
    const dashboard = await opened()
    for (let i = 0; i < 20; i++) void ask(`${dashboard.url}events`)
    await expect.poll(() => dashboard.watching).toBe(20)
    expect((await ask(`${dashboard.url}events`)).status).toBe(503)
  })

  test('says so when the port is taken', async () => {
    const { url } = await opened()
    const port = Number(new URL(url).port)
    await expect(openDashboard({ state: () => ({}), port })).rejects.toThrow(
      `dashboard: port ${port} is in use; name another one`,
    )
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
