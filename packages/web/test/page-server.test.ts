import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { currentSignal, Event, run, sleep, spawn, taskGroup } from 'corral'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openPageServer, readPage, type PageServer, type PageServerOptions } from '../src/index.ts'
import { ask } from './ask.ts'

const page = readPage(new URL('clock.html', import.meta.url))

async function opened(options: Partial<PageServerOptions> = {}): Promise<PageServer> {
  const port = await freePort()
  const server = await openPageServer({
    name: 'clock',
    page,
    state: () => ({ a: 1 }),
    usualPort: port,
    ...options,
  })
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]()
  })
  return server
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening', { signal: currentSignal() })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('openPageServer', () => {
  test('serves one page that may load nothing from elsewhere', async () => {
    const { url } = await opened()
    const { status, headers, body } = await ask(url)
    expect(status).toBe(200)
    expect(body).toMatch(/^<!doctype html>/)
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers['referrer-policy']).toBe('no-referrer')
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
    expect((await ask(url, { origin: `http://127.0.0.1:${port}` }, 'POST')).status).toBe(405)
    expect((await ask(url, {}, 'POST')).status).toBe(403)
  })

  test('keeps out who does not know the token', async () => {
    const { url } = await opened({ token: true })
    const { origin, pathname } = new URL(url)
    expect(pathname).toMatch(/^\/[\w-]{24}\/$/)
    expect((await ask(url)).status).toBe(200)
    const wrong = `${pathname.slice(0, -2)}${pathname.at(-2) === 'A' ? 'B' : 'A'}/`
    for (const path of ['/', '/events', wrong, `${wrong}events`, pathname.slice(0, -1), '/%00']) {
      const { status, body } = await ask(origin + path)
      expect(status).toBe(403)
      expect(body).toContain('lacks its token')
    }
    expect((await ask(`${url}nothing`)).status).toBe(404)
  })

  test('sends what there is at once, again and again, and at the end', async () => {
    let value = 1
    const server = await opened({ state: () => ({ value }) })
    const watching = ask(`${server.url}events`)
    await expect.poll(() => server.watching).toBe(1)
    await taskGroup(async (group) => {
      group.spawn(() => server.run())
      value = 2
      await sleep(700)
      group.cancel()
    })
    value = 3
    await server[Symbol.asyncDispose]()
    const { body, headers } = await watching
    expect(headers['content-type']).toBe('text/event-stream')
    expect([...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => data)).toEqual([
      '{"value":1}',
      '{"value":2}',
      '{"value":3}',
    ])
    await expect(ask(server.url)).rejects.toThrow('ECONNREFUSED')
  })

  test('waits for no page that reads nothing, neither while it runs nor at its end', async () => {
    const server = await opened({ state: () => ({ text: 'x'.repeat(5_000_000) }) })
    const asked = request(`${server.url}events`, { agent: false })
    asked.on('error', () => {}).end()
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream]
    response.on('error', () => {}).pause()
    await taskGroup(async (group) => {
      group.spawn(() => server.run())
      await sleep(1200)
      group.cancel()
    })
    const before = performance.now()
    await server[Symbol.asyncDispose]()
    expect(performance.now() - before).toBeLessThan(10_000)
    await expect.poll(() => server.watching).toBe(0)
  })

  test('lets so many pages look on, and no more', async () => {
    const server = await opened()
    for (let i = 0; i < 20; i++) void ask(`${server.url}events`)
    await expect.poll(() => server.watching).toBe(20)
    expect((await ask(`${server.url}events`)).status).toBe(503)
  })

  test('says so when the port is taken, or takes another one', async () => {
    const { url } = await opened()
    const port = Number(new URL(url).port)
    const options = { name: 'clock', page, state: () => ({}), usualPort: port }
    await expect(openPageServer({ ...options, port })).rejects.toThrow(
      `clock: port ${port} is in use; name another one`,
    )
    await using other = await openPageServer(options)
    expect(new URL(other.url).port).not.toBe(String(port))
  })

  test('refuses calls without a token', async () => {
    const calls = { stop: () => Promise.resolve() }
    await expect(opened({ calls })).rejects.toThrow('calls must come with a token')
  })
})

describe('a call', () => {
  const started = new Event()
  const ended: string[] = []
  const calls = {
    add: (input: unknown) => {
      const { a, b } = input as { a: number; b: number }
      return Promise.resolve({ sum: a + b })
    },
    fail: () => Promise.reject(new Error('no such job')),
    wait: async () => {
      started.set()
      try {
        await sleep(Infinity)
      } finally {
        ended.push('wait')
      }
    },
  }

  function serving(
    test: (call: (name: string, sent: string) => ReturnType<typeof ask>) => Promise<void>,
  ): Promise<void> {
    return run(async () => {
      const server = await opened({ calls, token: true })
      const { origin } = new URL(server.url)
      const running = spawn(() => server.run())
      await sleep(0)
      await test((name, sent) => ask(`${server.url}call/${name}`, { origin }, 'POST', sent))
      running.cancel()
    })
  }

  test('is answered, and says why it fails', async () => {
    await serving(async (call) => {
      expect(await call('add', '{"a":1,"b":2}')).toMatchObject({ status: 200, body: '{"sum":3}' })
      expect(await call('fail', '{}')).toMatchObject({ status: 500, body: 'no such job\n' })
      expect((await call('add', '{')).status).toBe(400)
      expect((await call('add', JSON.stringify('x'.repeat(1_000_001)))).status).toBe(500)
      for (const name of ['none', 'toString', '__proto__', '']) {
        expect((await call(name, '{}')).status).toBe(404)
      }
    })
  })

  test('is refused out of another page, by GET, and without a token', async () => {
    await run(async () => {
      const server = await opened({ calls, token: true })
      const { origin } = new URL(server.url)
      const running = spawn(() => server.run())
      await sleep(0)
      const url = `${server.url}call/add`
      expect((await ask(url, {}, 'POST', '{}')).status).toBe(403)
      expect((await ask(url, { origin: 'http://evil.test' }, 'POST', '{}')).status).toBe(403)
      expect((await ask(`${origin}/call/add`, { origin }, 'POST', '{}')).status).toBe(403)
      expect((await ask(url, { origin })).status).toBe(405)
      running.cancel()
    })
  })

  test('is cancelled when its page goes away', async () => {
    await run(async () => {
      const server = await opened({ calls, token: true })
      const { origin } = new URL(server.url)
      const running = spawn(() => server.run())
      await sleep(0)
      const asked = request(`${server.url}call/wait`, {
        method: 'POST',
        headers: { origin },
        agent: false,
      })
      asked.on('error', () => {}).end('{}')
      await started.wait()
      asked.destroy()
      await expect.poll(() => ended).toEqual(['wait'])
      running.cancel()
    })
  })
})
