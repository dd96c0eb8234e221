import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { currentSignal, Event, sleep, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { api, HttpProblem, reply, switchProtocols } from '../src/index.ts'
import type { ProtocolSession } from '../src/index.ts'
import { testClient } from '../src/testing.ts'
import { dial, get, received, serving, waiting } from './serving.ts'

const HEAD = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n'
const ask = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n`

/** Sends back what comes, until the peer ends or the server drains. */
async function echo({ socket, head, onDrain }: ProtocolSession): Promise<void> {
  socket.write(HEAD)
  socket.write(head)
  const over = new Event()
  using _ = onDrain(() => void socket.write('drained', () => over.set()))
  const end = (): void => over.set()
  socket.on('data', (piece: Buffer) => socket.write(piece))
  socket.on('end', end).on('close', end)
  await over.wait()
}

async function until(socket: Duplex, text: string): Promise<void> {
  let seen = ''
  while (!seen.includes(text)) {
    seen += String((await once(socket, 'data', { signal: currentSignal() }))[0])
  }
}

describe('api.upgrade', () => {
  it('hands the connection over with what came on it already, and logs the session at its end', async () => {
    const app = api().upgrade('/echo', () => switchProtocols(echo), { protocol: 'echo' })
    await serving(app, async ({ server, events, ended }) => {
      const socket = await dial(server, `${ask('/echo')}early`)
      await until(socket, 'early')
      socket.write('late')
      await until(socket, 'late')
      expect([server.live, events.length]).toEqual([1, 0])
      socket.destroy()
      await ended(1)
      expect(events).toMatchObject([{ name: 'UPGRADE /echo #1', status: 101, outcome: 'answered' }])
    })
  })

  it('refuses with a real status, after the middleware', async () => {
    const app = api()
    app.use((request, next) => {
      if (request.query['key'] !== 'good') throw new HttpProblem(401)
      return next()
    })
    app.upgrade('/echo', () => reply('no', { status: 403 }), { protocol: 'echo' })
    await serving(app, async ({ server, ended }) => {
      expect(await received(await dial(server, ask('/echo')))).toContain('401 Unauthorized')
      expect(await received(await dial(server, ask('/echo?key=good')))).toContain('403 Forbidden')
      await ended(2)
      expect(server.live).toBe(0)
    })
  })

  it('is 426 for those who ask for nothing or another; elsewhere the question is ignored', async () => {
    const app = api().get('/page', () => reply('page'))
    app.upgrade('/echo', () => switchProtocols(echo))
    await serving(app, async ({ server }) => {
      const plain = await fetch(`${server.url}/echo`)
      expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
      expect(await received(await dial(server, ask('/echo')))).toContain('426 Upgrade Required')
      const socket = await dial(server, ask('/page'))
      await until(socket, '200 OK')
      socket.destroy()
    })
  })

  it('is cancelled when the client goes while the acceptor decides', async () => {
    const { begun, handler } = waiting()
    const app = api()
    const accept = async (): Promise<never> => {
      await handler()
      throw new Error('it was cancelled')
    }
    app.upgrade('/echo', accept, { protocol: 'echo' })
    await serving(app, async ({ server, events, ended }) => {
      for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
        begun.clear()
        const socket = await dial(server, ask('/echo'))
        await begun.wait()
        socket[leave]()
        await ended(events.length + 1)
        socket.destroy()
      }
      expect(events.map(({ outcome }) => outcome)).toEqual(Array(3).fill('disconnected'))
    })
  })

  it('bounds the decision, not the session, by its deadline and its places', async () => {
    const app = api()
    const options = { protocol: 'echo', timeout: 300, limit: 1 } as const
    app.upgrade('/echo', () => switchProtocols(echo), options)
    const never = async (): Promise<never> => {
      await sleep(600_000)
      throw new Error('its time was over before')
    }
    app.upgrade('/slow', never, options)
    await serving(app, async ({ server, events, ended }) => {
      const sockets = [await dial(server, ask('/echo')), await dial(server, ask('/echo'))]
      for (const socket of sockets) await until(socket, '101')
      expect(await received(await dial(server, ask('/slow')))).toContain('504')
      for (const socket of sockets) {
        socket.write('still here')
        await until(socket, 'still here')
        socket.destroy()
      }
      await ended(3)
      expect(events.map(({ outcome }) => outcome)).toEqual(['timed out', 'answered', 'answered'])
    })
  })

  it('cuts the connection when its session fails, and tells of it once', async () => {
    const app = api()
    const broken = async ({ socket }: ProtocolSession): Promise<void> => {
      socket.write(HEAD)
      await sleep(1)
      throw new Error('no')
    }
    app.upgrade('/echo', () => switchProtocols(broken), { protocol: 'echo' })
    await serving(app, async ({ server, events, errors, ended }) => {
      await received(await dial(server, ask('/echo')))
      await ended(1)
      expect([errors, events[0]?.outcome]).toEqual([['Error: no'], 'failed'])
    })
  })

  it('tells its session that the server drains, and cancels one that does not care', async () => {
    const app = api()
    app.upgrade('/echo', () => switchProtocols(echo), { protocol: 'echo' })
    const deaf = async ({ socket }: ProtocolSession): Promise<void> => {
      socket.write(HEAD)
      await sleep(600_000)
    }
    app.upgrade('/deaf', () => switchProtocols(deaf), { protocol: 'echo' })
    await serving(
      app,
      async ({ server, events }) => {
        const polite = await dial(server, ask('/echo'))
        const rude = await dial(server, ask('/deaf'))
        await until(polite, '101')
        await until(rude, '101')
        const said = received(polite)
        const draining = spawn(() => server.drain())
        expect(await said).toContain('drained')
        await received(rude)
        await draining
        expect(events.map(({ outcome }) => outcome)).toEqual(['answered', 'cancelled'])
      },
      { grace: 200, linger: 0 },
    )
  })

  it('works in memory, in virtual time', async () => {
    const app = api().upgrade('/echo', () => switchProtocols(echo), { protocol: 'echo' })
    await testRun(async () => {
      await using client = await testClient(app)
      expect((await client.get('/echo')).status).toBe(426)
      const call = client.get('/echo', { headers: { upgrade: 'echo', connection: 'upgrade' } })
      const { status, socket } = await call
      expect(status).toBe(101)
      const seen: string[] = []
      socket.on('data', (piece: Buffer) => void seen.push(String(piece)))
      socket.write('hi')
      await sleep(1000)
      expect(seen.join('')).toBe(`${HEAD}hi`)
      socket.destroy()
      await call.ended()
    })
  })

  it('is 426 behind requests that are not answered yet, whose answers it does not touch', async () => {
    const app = api().get('/', async () => {
      await sleep(20)
      return 'first'
    })
    app.upgrade('/echo', () => switchProtocols(echo), { protocol: 'echo' })
    await serving(app, async ({ server }) => {
      const socket = await dial(server, get('/') + ask('/echo'))
      await until(socket, '"first"HTTP/1.1 426')
      socket.destroy()
      // Close behind an answer that has just been given: whatever it gets, the process lives.
      for (let round = 0; round < 50; round += 1) {
        const next = await dial(server, get('/nothing').repeat(3) + ask('/echo'))
        await once(next, 'data', { signal: currentSignal() })
        next.destroy()
      }
      expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    })
  })
})
