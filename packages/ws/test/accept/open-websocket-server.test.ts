import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { queryObjects } from 'node:v8'
import { HttpProblem } from '@corral/server'
import type { UpgradeRequest } from '@corral/ws'
import { Room, websocket } from '@corral/ws'
import { ClosedError, currentTask, Event, gather, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { connect, TestClient, until, withServer } from '../with-server.ts'

const echo = websocket(async (socket) => {
  for await (const text of socket) await socket.send(text)
})

describe('a handler', () => {
  it('gets the messages of its client in order, and answers', async () => {
    await withServer(echo, async ({ url }) => {
      const client = await connect(url)
      for (const text of ['a', 'ü€𝄞', '']) client.socket.send(text)
      expect(await client.until(3)).toEqual(['a', 'ü€𝄞', ''])
      client.socket.close(1000)
      expect((await client.closed).code).toBe(1000)
    })
  })

  it('loses nothing that comes before it reads', async () => {
    const go = new Event()
    const got: string[] = []
    const slow = websocket(async (socket) => {
      await go.wait()
      for await (const text of socket) got.push(text)
    })
    await withServer(slow, async ({ url, sockets }) => {
      const client = await connect(url)
      for (let i = 0; i < 5000; i++) client.socket.send(String(i))
      await sleep(20)
      go.set()
      await until(() => got.length === 5000)
      expect(got).toEqual(Array.from({ length: 5000 }, (_, i) => String(i)))
      client.socket.close()
      await until(() => sockets.live === 0)
    })
  })

  it('that does not read holds its client back', async () => {
    const stuck = websocket(() => sleep(3_600_000))
    await withServer(stuck, async ({ url }) => {
      const client = await connect(url)
      const kib = Buffer.alloc(65_536)
      for (let i = 0; i < 400; i++) client.socket.send(kib.toString('latin1'))
      await sleep(100)
      // Most of the 26 MB are still at the client.
      expect(client.socket.bufferedAmount).toBeGreaterThan(10_000_000)
      client.socket.terminate()
    })
  })

  it('that returns closes with 1000, one that throws with 1011, and only that is reported', async () => {
    const errors: unknown[] = []
    const options = { onError: (error: unknown) => errors.push(error) }
    const routes = {
      '/ok': websocket(() => {}, options),
      '/bad': websocket(() => Promise.reject(new Error('broken')), options),
    }
    await withServer(routes, async ({ url }) => {
      expect((await new TestClient(`${url}/ok`).closed).code).toBe(1000)
      expect((await new TestClient(`${url}/bad`).closed).code).toBe(1011)
    })
    expect(errors.map(String)).toEqual(['Error: broken'])
  })

  it('is cancelled, and what it started, when its client goes; its cleanup is awaited', async () => {
    const log: string[] = []
    const work = (name: string) => async (): Promise<void> => {
      try {
        await sleep(3_600_000)
      } finally {
        log.push(name)
      }
    }
    const handler = websocket(() => gather([work('one'), work('two')]))
    await withServer(handler, async ({ url, sockets }) => {
      const client = await connect(url)
      client.socket.terminate()
      await until(() => sockets.live === 0)
      expect(log).toEqual(['one', 'two'])
    })
  })

  it("goes on with onDisconnect: 'finish', and its loop ends", async () => {
    const log: string[] = []
    const handler = websocket(
      async (socket) => {
        for await (const text of socket) {
          await sleep(10)
          log.push(text)
        }
        log.push('end')
      },
      { onDisconnect: 'finish' },
    )
    await withServer(handler, async ({ url, sockets }) => {
      const client = await connect(url)
      for (const text of ['a', 'b', 'c']) client.socket.send(text)
      client.socket.close()
      await client.closed
      await until(() => sockets.live === 0)
      expect(log).toEqual(['a', 'b', 'c', 'end'])
    })
  })

  it('has a name in the task tree', async () => {
    let name: string | undefined
    const handler = websocket((socket) => {
      name = `${currentTask()?.name} ${socket.name}`
    })
    await withServer({ '/chat': handler }, async ({ url }) => {
      await new TestClient(`${url}/chat?x=1`).closed
      expect(name).toBe('WS /chat /chat #1')
    })
  })

  it('keeps nothing of the request as long as the connection', async () => {
    let headers: WeakRef<object> | undefined
    const handler = websocket((socket) => socket.receive(), {
      authorize: (request: UpgradeRequest) => {
        headers = new WeakRef(request.headers)
        return 'somebody'
      },
    })
    await withServer(handler, async ({ url, sockets }) => {
      const client = await connect(url)
      await until(() => {
        queryObjects(WeakRef) // collects garbage
        return headers?.deref() === undefined
      })
      expect(sockets.live).toBe(1)
      client.socket.close()
    })
  })

  it('cannot send after the end: ClosedError, and nothing is reported of it', async () => {
    const errors: unknown[] = []
    let refusal: unknown
    const handler = websocket(
      async (socket) => {
        socket.close(4001, 'enough')
        try {
          await socket.send('late')
        } catch (error) {
          refusal = error
          throw error
        }
      },
      { onError: (error) => errors.push(error) },
    )
    await withServer(handler, async ({ url }) => {
      expect(await new TestClient(url).closed).toEqual({ code: 4001, reason: 'enough' })
    })
    expect(refusal).toBeInstanceOf(ClosedError)
    expect(errors).toEqual([])
  })
})

describe('an acceptor', () => {
  it('refuses foreign pages, unknown paths, bad handshakes', async () => {
    await withServer({ '/a': echo }, async ({ url, port }) => {
      const from = (origin: string): Promise<number> =>
        new TestClient(`${url}/a`, [], { origin }).refused()
      expect(await from('https://evil.example')).toBe(403)
      expect(await from('null')).toBe(403)
      expect(await new TestClient(`${url}/b`).refused()).toBe(404)
      await connect(`${url}/a`, [], { origin: `http://127.0.0.1:${port}` })
      expect(await status(port, 'GET /a HTTP/1.1', 'sec-websocket-version: 12')).toBe(426)
      expect(await status(port, 'GET /a HTTP/1.1', 'sec-websocket-version: 13')).toBe(400)
      expect(await status(port, 'POST /a HTTP/1.1', 'sec-websocket-version: 13')).toBe(405)
    })
  })

  it('asks who it is before it answers', async () => {
    const handler = websocket((socket) => socket.send(socket.user.name), {
      authorize: async ({ headers }: UpgradeRequest) => {
        await sleep(1)
        if (headers['cookie'] === 'none') return false
        if (headers['cookie'] === undefined) throw new HttpProblem(402)
        if (headers['cookie'] === 'crash') throw new Error('database')
        return { name: String(headers['cookie']) }
      },
      onError: () => {},
    })
    await withServer(handler, async ({ url }) => {
      const as = (cookie: string): TestClient => new TestClient(url, [], { cookie })
      expect(await as('none').refused()).toBe(401)
      expect(await new TestClient(url).refused()).toBe(402)
      expect(await as('crash').refused()).toBe(500)
      expect(await as('ann').until(1)).toEqual(['ann'])
    })
  })

  it('gives up on authorize after its time, and when the client goes', async () => {
    const ended: string[] = []
    const began = new Event()
    const slow = (authorizeTimeout: number) =>
      websocket(() => {}, {
        authorizeTimeout,
        authorize: async () => {
          began.set()
          try {
            await sleep(3_600_000)
          } finally {
            ended.push('ended')
          }
        },
      })
    await withServer({ '/a': slow(20), '/b': slow(3_600_000) }, async ({ url, port, sockets }) => {
      expect(await new TestClient(`${url}/a`).refused()).toBe(504)
      began.clear()
      const socket = connectTcp(port, '127.0.0.1')
      socket.write(request('/b'))
      await began.wait()
      socket.resetAndDestroy()
      await until(() => sockets.live === 0)
      expect(ended).toEqual(['ended', 'ended'])
    })
  })

  it('takes frames that come with the request or before the answer', async () => {
    const handler = websocket(
      async (socket) => {
        for await (const text of socket) await socket.send(text)
      },
      { authorize: () => sleep(20).then(() => 'user') },
    )
    await withServer(handler, async ({ port }) => {
      const socket = connectTcp(port, '127.0.0.1')
      const hi = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
      socket.write(Buffer.concat([Buffer.from(request('/')), hi]))
      await sleep(5)
      socket.write(hi)
      let got = Buffer.alloc(0)
      while (!got.toString('latin1').endsWith('\x81\x02hi\x81\x02hi')) {
        got = Buffer.concat([got, (await once(socket, 'data'))[0] as Buffer])
      }
      expect(got.toString('latin1')).toMatch(/^HTTP\/1.1 101 /)
      socket.destroy()
    })
  })

  it('bounds connections in all and of one key', async () => {
    const options = {
      maxConnections: 3,
      maxConnectionsPerKey: 2,
      key: ({ target }: { target: string }) => target,
    }
    const handler = websocket(() => sleep(3_600_000), options)
    await withServer(handler, async ({ url, sockets }) => {
      const first = await connect(`${url}/a`)
      await connect(`${url}/a`)
      expect(await new TestClient(`${url}/a`).refused()).toBe(429)
      await connect(`${url}/b`)
      expect(await new TestClient(`${url}/c`).refused()).toBe(503)
      first.socket.terminate()
      await until(() => sockets.live === 2)
      await connect(`${url}/a`)
    })
  })

  it('closes all connections of one user', async () => {
    const handler = websocket(() => sleep(3_600_000), {
      authorize: ({ headers }) => ({ id: String(headers['x-user']) }),
    })
    await withServer(handler, async ({ url }) => {
      const as = (user: string): Promise<TestClient> => connect(url, [], { 'x-user': user })
      const [a, b, c] = [await as('ann'), await as('ann'), await as('bob')]
      await until(() => handler.sockets.size === 3)
      expect(handler.closeWhere((socket) => socket.user.id === 'ann', 4001, 'logged out')).toBe(2)
      expect(await a.closed).toEqual({ code: 4001, reason: 'logged out' })
      await b.closed
      expect(c.socket.readyState).toBe(1)
    })
  })

  it('agrees on the best subprotocol that both speak', async () => {
    const handler = websocket((socket) => socket.send(socket.protocol), {
      protocols: ['v2', 'v1'],
    })
    await withServer(handler, async ({ url }) => {
      expect(await new TestClient(url, ['v1', 'v2', 'v3']).until(1)).toEqual(['v2'])
      expect(await new TestClient(url).until(1)).toEqual([''])
    })
  })
})

describe('WebSocketServer.drain', () => {
  it('closes with 1012 and waits for the handlers; then nothing is left', async () => {
    const room = new Room()
    const handler = websocket(
      async (socket) => {
        using _seat = room.join(socket)
        await sleep(3_600_000)
      },
      { drainSpread: 30 },
    )
    await withServer(handler, async ({ url, sockets }) => {
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect(url)))
      await until(() => room.size === 20)
      await sockets.drain()
      expect([sockets.live, room.size]).toEqual([0, 0])
      for (const client of clients) expect((await client.closed).code).toBe(1012)
    })
  })

  it('cancels what is left when the grace is over, a client that answers no close too', async () => {
    const handler = websocket(() => sleep(3_600_000), { drainSpread: 3_600_000, closeTimeout: 20 })
    await withServer(handler, async ({ url, port, sockets }) => {
      const client = await connect(url)
      const mute = connectTcp(port, '127.0.0.1')
      mute.write(request('/'))
      await once(mute, 'data')
      await sockets.drain({ grace: 20 })
      expect((await client.closed).code).toBe(1001)
      mute.destroy()
    })
  })
})

function request(path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
    'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  )
}

async function status(port: number, line: string, header: string): Promise<number> {
  const socket = connectTcp(port, '127.0.0.1')
  socket.write(
    `${line}\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n${header}\r\n` +
      (line.startsWith('POST') ? 'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n' : '\r\n'),
  )
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(answer.toString().split(' ')[1])
}
