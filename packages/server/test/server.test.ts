import { request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { currentSignal, Event, run, shield, sleep, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api, background, openServer, reply, serve, sse } from '../src/index.ts'
import type { App } from '../src/index.ts'
import { dial, get, received, serving, waiting } from './serving.ts'
import type { Opened } from './serving.ts'

describe('openServer', () => {
  it('answers a client that nobody here wrote, and tells of each request', async () => {
    const app = api()
    app.post('/users/:id', ({ params, body }) => ({ ...params, ...body }), {
      body: z.object({ name: z.string() }),
    })
    await serving(app, async ({ server, events, ended }) => {
      const answer = await fetch(`${server.url}/users/7?x=1`, {
        method: 'POST',
        body: '{"name":"Ann"}',
        headers: { 'content-type': 'application/json' },
      })
      expect([answer.status, await answer.json()]).toEqual([200, { id: '7', name: 'Ann' }])
      await ended(1)
      expect(events).toMatchObject([
        { name: 'POST /users/:id #1', target: '/users/7?x=1', status: 200, outcome: 'answered' },
      ])
    })
  })

  it('cancels before the answer when the socket closes, is reset, or is half closed', async () => {
    const { begun, handler } = waiting()
    const app = api()
    app.get('/', handler)
    await serving(app, async ({ server, events, ended }) => {
      for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
        begun.clear()
        const socket = await dial(server, get('/'))
        await begun.wait()
        socket[leave]()
        await ended(events.length + 1)
        socket.destroy()
      }
      expect(events.map(({ outcome }) => outcome)).toEqual(Array(3).fill('disconnected'))
      expect(server.live).toBe(0)
    })
  })

  it('cancels in the upload, in a stream, and every request of a pipeline', async () => {
    const { begun, handler } = waiting()
    const app = api()
    app.post('/upload', ({ request }) => {
      begun.set()
      return request.text()
    })
    app.get('/wait', handler)
    async function* endless(): AsyncGenerator<Uint8Array> {
      begun.set()
      for (;;) yield Buffer.alloc(65_536)
    }
    app.get('/stream', () => reply(endless()))
    await serving(app, async ({ server, events, ended }) => {
      const upload = 'POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc'
      for (const [text, count] of [
        [upload, 1],
        [get('/stream'), 1],
        [get('/wait').repeat(3), 3],
      ] as const) {
        begun.clear()
        const socket = await dial(server, text)
        await begun.wait()
        while (server.live < count) await sleep(1)
        socket.destroy()
        await ended(events.length + count)
      }
      expect(events.map(({ outcome }) => outcome)).toEqual(Array(5).fill('disconnected'))
    })
  })

  it('cancels nothing that is completed: sockets kept alive, pipelined, closed at once', async () => {
    const app = api()
    app.get('/', () => ({ ok: true }))
    app.post('/', ({ request }) => request.text())
    await serving(app, async ({ server, events, ended }) => {
      const post = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc'
      const last = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'
      for (let round = 0; round < 20; round += 1) {
        const text = await received(await dial(server, (get('/') + post).repeat(25) + last))
        expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(51)
      }
      await ended(1020)
      expect(events.filter(({ outcome }) => outcome !== 'answered')).toEqual([])
    })
  })

  it('ends with a deadline a request whose upload nobody reads', async () => {
    const app = api()
    app.post('/', () => sleep(600_000), { timeout: 50 })
    await serving(app, async ({ server }) => {
      const socket = await dial(server, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\na')
      const [head] = (await once(socket, 'data')) as [Buffer]
      expect(head.toString()).toContain('504 Gateway Timeout')
      socket.destroy()
    })
  })

  it('refuses a body while it comes, with 413 and the end of the connection', async () => {
    const app = api()
    app.post('/', ({ request }) => request.text(), { maxBodyBytes: 1000 })
    await serving(app, async ({ server }) => {
      const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
      const head = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
      const text = await received(await dial(server, head + chunk.repeat(3)))
      expect(text).toContain('413 Payload Too Large')
      expect(text.toLowerCase()).toContain('connection: close')
      expect((await fetch(server.url)).status).toBe(405) // it lives
    })
  })

  it('bears slow and large headers: 408, 431', async () => {
    const app = api()
    await serving(
      app,
      async ({ server }) => {
        expect(await received(await dial(server, 'GET / HTTP/1.1\r\nx: y'))).toContain('408')
        const large = `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`
        expect(await received(await dial(server, large))).toContain('431')
      },
      { headersTimeout: 200 },
    )
  })

  it('cuts off a client that takes nothing of its answer', async () => {
    const app = api()
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(65_536)
    }
    app.get('/stream', () => reply(endless()))
    app.get('/large', () => reply(Buffer.alloc(50_000_000)))
    await serving(
      app,
      async ({ server, events, ended }) => {
        const sockets = [await dial(server, get('/stream')), await dial(server, get('/large'))]
        for (const socket of sockets) socket.pause()
        await ended(2)
        expect(events.map(({ outcome }) => outcome)).toEqual(['disconnected', 'disconnected'])
        for (const socket of sockets) socket.destroy()
      },
      { readerTimeout: 100 },
    )
  })

  it('asks for a body only when it is read', async () => {
    const app = api()
    app.post('/read', ({ request }) => request.text())
    app.post('/refuse', () => reply('no', { status: 403 }))
    await serving(app, async ({ server }) => {
      for (const [path, continues] of [
        ['/read', true],
        ['/refuse', false],
      ] as const) {
        const headers = { expect: '100-continue', 'content-length': 2 }
        const request = httpRequest(server.url + path, { method: 'POST', headers })
        let continued = false
        request.on('continue', () => {
          continued = true
          request.end('hi')
        })
        request.on('error', () => {}).flushHeaders()
        const [response] = (await once(request, 'response')) as [
          { statusCode: number; resume(): void },
        ]
        response.resume()
        expect([response.statusCode, continued]).toEqual([continues ? 200 : 403, continues])
        request.destroy()
      }
    })
  })

  it('cuts an answer off that fails after its head; the process lives', async () => {
    const app = api()
    async function* broken(): AsyncGenerator<string> {
      yield 'a'
      throw new Error('no')
    }
    app.get('/', () => reply(broken()))
    await serving(app, async ({ server, errors }) => {
      await expect(fetch(server.url).then((answer) => answer.text())).rejects.toThrow(
        /terminated|fetch failed/,
      )
      expect((await fetch(`${server.url}/livez`)).status).toBe(200)
      expect(errors).toEqual(['Error: no'])
    })
  })

  it('serves a listener of node:http and a fetch application, cancelled likewise', async () => {
    const signals: AbortSignal[] = []
    const listener: App = (request, response) => {
      if (request.url === '/ok') response.end('listened')
    }
    const fetching: App = {
      fetch: async (request) => {
        signals.push(request.signal)
        if (request.url.endsWith('/wait')) await sleep(600_000)
        return new Response(`fetched ${await request.text()}`)
      },
    }
    await serving(listener, async ({ server, events, ended }) => {
      expect(await (await fetch(`${server.url}/ok`)).text()).toBe('listened')
      const socket = await dial(server, get('/wait'))
      while (server.live === 0) await sleep(1)
      socket.destroy()
      await ended(2)
      expect(events.map(({ outcome }) => outcome)).toEqual(['answered', 'disconnected'])
    })
    await serving(fetching, async ({ server, events, ended }) => {
      const answer = await fetch(server.url, { method: 'POST', body: 'hi' })
      expect(await answer.text()).toBe('fetched hi')
      const socket = await dial(server, get('/wait'))
      while (signals.length < 2) await sleep(1)
      socket.destroy()
      await ended(2)
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
      expect(events[1]).toMatchObject({ name: 'GET /wait #2', outcome: 'disconnected' })
    })
  })

  it('throws when the port is taken, and leaves nothing open', async () => {
    await serving(api(), async ({ server }) => {
      const second = openServer(api(), { port: server.port, host: '127.0.0.1' })
      await expect(second).rejects.toThrow('EADDRINUSE')
    })
  })
})

describe('Server.drain', () => {
  it('says that it is not ready, accepts no more, ends streams, and lets all work end', async () => {
    const seen: string[] = []
    const begun = new Event()
    const app = api()
    app.get('/slow', async () => {
      background(async () => {
        await sleep(300)
        seen.push('background')
      })
      begun.set()
      await sleep(200)
      seen.push('handler')
      return 'done'
    })
    async function* forever(): AsyncGenerator<{ data: string }> {
      try {
        yield { data: 'hi' }
        await sleep(600_000)
      } finally {
        seen.push('stream closed')
      }
    }
    app.get('/events', () => sse(forever()))
    const options = { drainDelay: 100, linger: 0 }
    const opened = async ({ server, events, ended }: Opened): Promise<void> => {
      const stream = await fetch(`${server.url}/events`)
      const kept = await dial(server)
      const draining = spawn(() => server.drain())
      await sleep(20)
      expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
      kept.write(get('/slow'))
      const text = received(kept)
      await begun.wait()
      await draining
      expect(await stream.text()).toBe('data: hi\n\n')
      expect(await text).toContain('"done"')
      expect(seen).toEqual(['stream closed', 'handler', 'background'])
      await ended(3)
      expect(events.map(({ outcome }) => outcome)).toEqual(['answered', 'answered', 'answered'])
      await expect(fetch(server.url)).rejects.toThrow('fetch failed')
    }
    await serving(app, opened, options)
  })

  it('still answers on a connection that was idle, and closes it', async () => {
    const app = api()
    app.get('/', () => 'late')
    const opened = async ({ server }: Opened): Promise<void> => {
      const kept = await dial(server, get('/'))
      await once(kept, 'data')
      const draining = spawn(() => server.drain())
      await sleep(50)
      kept.write(get('/'))
      const text = await received(kept)
      expect(text).toContain('"late"')
      expect(text.toLowerCase()).toContain('connection: close')
      await draining // the last connection has gone: it need not linger
    }
    await serving(app, opened, { linger: 600_000, grace: 600_000 })
  })

  it('cancels after the grace, and waits for the cleanup', async () => {
    const seen: string[] = []
    const begun = new Event()
    const app = api()
    app.get('/', async () => {
      begun.set()
      try {
        await sleep(600_000)
      } finally {
        await shield(() => sleep(50))
        seen.push('cleaned up')
      }
    })
    const opened = async ({ server, events }: Opened): Promise<void> => {
      const text = received(await dial(server, get('/')))
      await begun.wait()
      await server.drain()
      expect(seen).toEqual(['cleaned up'])
      expect(await text).toContain('503')
      expect(events).toMatchObject([{ outcome: 'cancelled' }])
    }
    await serving(app, opened, { grace: 50 })
  })
})

describe('serve', () => {
  it('refuses what cannot be right by its own name', async () => {
    await expect(serve(api(), { port: NaN })).rejects.toThrow(
      'serve: port must be a whole number of at least 0, got NaN (number)',
    )
    await expect(serve(api(), 8080 as never)).rejects.toThrow('serve: options must be an object')
    await expect(openServer(api(), { port: -1 })).rejects.toThrow('openServer: port must be')
  })

  it('drains when it is told to stop, and then returns', async () => {
    const stop = new Event()
    const app = api()
    app.get('/', async () => {
      stop.set()
      await sleep(100)
      return 'ok'
    })
    let answer: Promise<string> | undefined
    const onListening = (url: string): void => {
      answer = fetch(url, { signal: currentSignal() }).then((response) => response.text())
    }
    const options = { port: 0, host: '127.0.0.1', stop, linger: 0, onListening }
    await run(() => serve(app, options), { handleSignals: false })
    expect(await answer).toBe('"ok"')
  })
})
