import { CancelScope, sleep } from 'corral'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/connect/connection.ts'
import { ConnectionPool } from '../../src/connect/connection-pool.ts'
import { HttpSession } from '../../src/index.ts'
import { raw, TestServer } from '../server.ts'

const limits = { connectTimeout: 1000, timeout: 1000, totalAt: Infinity }
const options = {
  limit: 1,
  limitPerHost: 1,
  maxConnections: 3,
  keepAlive: 1000,
  maxHeaderBytes: 1000,
  connect: {},
}
const silent = (): Promise<TestServer> => TestServer.tcp((socket) => socket.resume())

test('ConnectionPool.lease: granted and cancelled in the same turn, it gives its place back', async () => {
  await using server = await silent()
  const pool = new ConnectionPool(options)
  const url = new URL(server.url)
  const held = await pool.lease(url, limits)
  const scope = new CancelScope()
  const waiting = scope.run(() => pool.lease(url, limits))
  await sleep(0)
  held.release() // grants the place ...
  scope.cancel() // ... to who is cancelled
  await waiting
  expect(scope.cancelledCaught).toBe(true)
  const next = await pool.lease(url, limits)
  next.release()
  next.release() // twice is once
  expect((await pool.lease(url, limits)).connection).toBe(next.connection)
  await pool.close()
})

test('ConnectionPool.lease takes the connection that was used last', async () => {
  await using server = await silent()
  const pool = new ConnectionPool({ ...options, limit: 3, limitPerHost: 3 })
  const url = new URL(server.url)
  const leases = [await pool.lease(url, limits), await pool.lease(url, limits)]
  for (const lease of leases) {
    ;(lease.connection as Connection).served = 1
    lease.release()
  }
  expect((await pool.lease(url, limits)).connection).toBe(leases[1]?.connection)
  expect((await pool.lease(url, limits, true)).connection.served).toBe(0)
  await pool.close()
  expect(pool.size).toBe(0)
})

describe('a kept connection that the server closes', () => {
  /** Answers the first request of each connection, and breaks on the second. */
  function fickle(): Promise<TestServer & { requests?: string[] }> {
    return TestServer.tcp((socket) => {
      let asked = 0
      socket.on('data', () => {
        asked += 1
        if (asked === 1) socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 2', 'ok'))
        else socket.destroy()
      })
    })
  }

  test('as a GET is sent costs nothing but a new connection', async () => {
    await using server = await fickle()
    await using session = new HttpSession()
    for (let i = 0; i < 4; i++) expect(await (await session.get(server.url)).text()).toBe('ok')
    expect(server.accepted).toBe(4)
  })

  test('as a POST is sent is a RESET: the server may have acted on it', async () => {
    await using server = await fickle()
    await using session = new HttpSession()
    await (await session.get(server.url)).text()
    await expect(session.request(server.url, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'RESET',
      phase: 'headers',
    })
    expect(server.accepted).toBe(1)
  })

  test('while it is idle is not used again, not even by a POST', async () => {
    await using server = await fickle()
    await using session = new HttpSession()
    for (let i = 0; i < 4; i++) {
      const response = await session.request(server.url, { method: 'POST', body: 'x' })
      expect(await response.text()).toBe('ok')
      for (const socket of server.sockets) socket.destroy()
      await server.until(() => server.sockets.size === 0)
    }
    expect(server.accepted).toBe(4)
  })

  test('is no reason to try a new one that breaks at once', async () => {
    let connections = 0
    await using server = await TestServer.tcp((socket) => {
      connections += 1
      const first = connections === 1
      let asked = 0
      socket.on('data', () => {
        asked += 1
        if (first && asked === 1) socket.write(raw('HTTP/1.1 200 OK\nContent-Length: 2', 'ok'))
        else socket.destroy()
      })
    })
    await using session = new HttpSession()
    await (await session.get(server.url)).text()
    await expect(session.get(server.url)).rejects.toMatchObject({ code: 'RESET' })
    expect(server.accepted).toBe(2)
  })
})

test('a server that says more than it was asked loses its connection', async () => {
  await using server = await TestServer.tcp((socket) => {
    const answer = raw('HTTP/1.1 200 OK\nContent-Length: 2', 'ok')
    socket.on('data', () =>
      socket.write(answer + raw('HTTP/1.1 200 OK\nContent-Length: 4', 'evil')),
    )
  })
  await using session = new HttpSession({ limit: 1 })
  for (let i = 0; i < 5; i++) {
    expect(await (await session.get(server.url)).text()).toBe('ok')
    await sleep(1)
  }
  expect(server.accepted).toBe(5)
})
