import {
  Cancelled,
  CancelScope,
  ClosedError,
  moveOnAfter,
  run,
  sleep,
  spawn,
  taskGroup,
  timeout,
} from 'corral'
import { describe, expect, test } from 'vitest'
import { HttpSession, HttpTimeoutError } from '../../src/index.ts'
import type { HttpSessionOptions } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'

interface Phase {
  readonly name: 'queue' | 'connect' | 'headers' | 'body'
  readonly session: HttpSessionOptions
  readonly server: () => Promise<TestServer>
  readonly work: (session: HttpSession, server: TestServer) => Promise<unknown>
  /** True when the request is where it is to be cancelled. */
  readonly reached: (server: TestServer) => boolean
  readonly limit: HttpTimeoutError['limit']
}

const silent = (): Promise<TestServer> =>
  TestServer.tcp((socket) => {
    socket.on('data', () => seen(socket))
  })

const asked = new WeakSet<object>()
function seen(socket: object): void {
  asked.add(socket)
}

function wasAsked(server: TestServer): boolean {
  return [...server.sockets].some((socket) => asked.has(socket))
}

/** One server per phase that keeps a request in it for ever. */
const phases: readonly Phase[] = [
  {
    name: 'connect',
    session: {},
    // TLS never comes about: the server takes the connection and says nothing.
    server: () => TestServer.tcp((socket) => socket.resume(), 'https'),
    work: (session, server) => session.get(server.url),
    reached: (server) => server.sockets.size === 1,
    limit: 'connectTimeout',
  },
  {
    name: 'headers',
    session: {},
    server: async () => {
      const server = await TestServer.tcp((socket) => {
        socket.on('data', () => {
          seen(socket)
          socket.write('HTTP/1.1 200 OK\r\nx-half: ')
          server.changed()
        })
      })
      return server
    },
    work: (session, server) => session.get(server.url),
    reached: wasAsked,
    limit: 'headersTimeout',
  },
  {
    name: 'body',
    session: {},
    server: async () => {
      const server = await TestServer.tcp((socket) => {
        socket.on('data', () => {
          seen(socket)
          socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 1000', 'the beginning'))
          server.changed()
        })
      })
      return server
    },
    work: async (session, server) => (await session.get(server.url)).text(),
    reached: wasAsked,
    limit: 'bodyTimeout',
  },
]

describe.each(phases)('a request in the phase $name', ({ name, session: options, ...phase }) => {
  test('throws after its socket has closed when it is cancelled', async () => {
    await using server = await phase.server()
    await using session = new HttpSession(options)
    const scope = new CancelScope()
    const work = scope.run(() => phase.work(session, server))
    await server.until(() => phase.reached(server))
    await sleep(5)
    scope.cancel('enough')
    await work
    expect(scope.cancelledCaught).toBe(true)
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  })

  test('throws HttpTimeoutError with its phase when its own limit is reached', async () => {
    await using server = await phase.server()
    await using session = new HttpSession({ ...options, [phase.limit]: 30 })
    const error = await phase.work(session, server).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(HttpTimeoutError)
    expect(error).toMatchObject({ phase: name, limit: phase.limit, ms: 30, code: 'TIMEOUT' })
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  })

  test('throws HttpTimeoutError with its phase when all of the time is over', async () => {
    await using server = await phase.server()
    await using session = new HttpSession({ ...options, timeout: 30 })
    const error = await phase.work(session, server).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(HttpTimeoutError)
    expect(error).toMatchObject({ phase: name, limit: 'timeout', ms: 30 })
    await server.until(() => server.sockets.size === 0)
  })

  test('throws ClosedError when the session is closed, which waits for its socket', async () => {
    await using server = await phase.server()
    const session = new HttpSession(options)
    const work = phase.work(session, server).catch((error: unknown) => error)
    await server.until(() => phase.reached(server))
    await session.close()
    expect(session.connections).toBe(0)
    expect(await work).toBeInstanceOf(ClosedError)
    await server.until(() => server.sockets.size === 0)
  })

  test('gives its place to the next one when it is cancelled', async () => {
    await using server = await phase.server()
    await using session = new HttpSession({ ...options, limit: 1 })
    await moveOnAfter(30, () => phase.work(session, server))
    const before = server.accepted
    await moveOnAfter(30, () => phase.work(session, server))
    expect(server.accepted).toBe(before + 1)
  })
})

describe('a request in line', () => {
  test('leaves it when it is cancelled, and sends nothing', async () => {
    await using server = await silent()
    await using session = new HttpSession({ limit: 1 })
    await taskGroup(async (group) => {
      const first = group.spawn(() => session.get(server.url))
      const second = group.spawn(() => session.get(server.url))
      await server.until(() => server.accepted === 1)
      second.cancel()
      expect((await second.settled()).status).toBe('rejected')
      expect(server.accepted).toBe(1)
      first.cancel()
    })
    expect(session.connections).toBe(0)
  })

  test('throws HttpTimeoutError with the phase queue when all of the time is over', async () => {
    await using server = await silent()
    await using session = new HttpSession({ limitPerHost: 1 })
    await taskGroup(async (group) => {
      const first = group.spawn(() => session.get(server.url))
      await server.until(() => server.accepted === 1)
      const error = await session.get(server.url, { timeout: 20 }).catch((error: unknown) => error)
      expect(error).toMatchObject({ phase: 'queue', limit: 'timeout', ms: 20 })
      first.cancel()
    })
  })

  test('throws ClosedError when the session is closed', async () => {
    await using server = await silent()
    const session = new HttpSession({ limit: 1 })
    const all = [1, 2, 3].map(() => session.get(server.url).catch((error: unknown) => error))
    await server.until(() => server.accepted === 1)
    await session.close()
    for (const error of await Promise.all(all)) expect(error).toBeInstanceOf(ClosedError)
    expect(server.accepted).toBe(1)
  })
})

describe('a request', () => {
  test('made in a cancelled scope opens no connection', async () => {
    await using server = await silent()
    await using session = new HttpSession()
    const scope = new CancelScope()
    scope.cancel()
    await scope.run(() => session.get(server.url))
    expect(scope.cancelledCaught).toBe(true)
    expect(server.accepted).toBe(0)
  })

  test('is cancelled by a timeout around it, which throws its own error', async () => {
    await using server = await silent()
    await using session = new HttpSession()
    const error = await timeout(20, () => session.get(server.url)).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'TIMEOUT', ms: 20 })
    expect(error).not.toBeInstanceOf(HttpTimeoutError)
    await server.until(() => server.accepted === 1 && server.sockets.size === 0)
  })

  test('is cancelled while its name is looked up, however long that goes on', async () => {
    await using session = new HttpSession({ connect: { lookup: () => {} } })
    const result = await moveOnAfter(10, () => session.get('http://name.test/'))
    expect(result.timedOut).toBe(true)
    expect(session.connections).toBe(0)
  })

  test('that nobody reads is closed with its response', async () => {
    await using server = await TestServer.http((_request, response) => {
      response.write('x'.repeat(200_000)) // and no end
    })
    await using session = new HttpSession({ limit: 1 })
    {
      await using response = await session.get(server.url)
      expect(response.status).toBe(200)
    }
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
    await using again = await session.get(server.url)
    expect(again.status).toBe(200)
  })

  test('is closed when the loop over its body is left', async () => {
    await using server = await TestServer.http((_request, response) => {
      response.write('x'.repeat(200_000))
    })
    await using session = new HttpSession()
    const response = await session.get(server.url)
    for await (const chunk of response.body) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  })

  test('is closed when reading is cancelled between two chunks', async () => {
    await using server = await TestServer.http((_request, response) => {
      response.write('x'.repeat(200_000))
    })
    await using session = new HttpSession()
    const scope = new CancelScope()
    await scope.run(async () => {
      const response = await session.get(server.url)
      for await (const _chunk of response.body) scope.cancel()
    })
    expect(scope.cancelledCaught).toBe(true)
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  })

  test('throws Cancelled with a stack that shows where it waited', async () => {
    await using server = await silent()
    await using session = new HttpSession()
    let caught: unknown
    const scope = new CancelScope()
    const work = scope.run(async function theVictim() {
      try {
        await session.get(server.url)
      } catch (error) {
        caught = error
        throw error
      }
    })
    await server.until(() => server.accepted === 1)
    scope.cancel()
    await work
    expect(caught).toBeInstanceOf(Cancelled)
    expect((caught as Error).stack).toContain('theVictim')
  })

  test('of a program that ends is cancelled with it', async () => {
    await using server = await silent()
    await using session = new HttpSession()
    await run(
      async () => {
        spawn(() => session.get(server.url))
        await server.until(() => server.accepted === 1)
      },
      { handleSignals: false },
    )
    expect(session.connections).toBe(0)
  })
})
