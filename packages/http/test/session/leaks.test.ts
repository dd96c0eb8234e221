import { getEventListeners } from 'node:events'
import {
  CancelScope,
  currentSignal,
  isCancelled,
  mapConcurrent,
  moveOnAfter,
  sleep,
  timeout,
} from 'corral'
import { systemRuntime } from 'corral/lowlevel'
import { expect, test } from 'vitest'
import { HttpSession } from '../../src/index.ts'
import { TestServer } from '../server.ts'

/** What keeps a process alive, apart from what the test runner has. */
function resources(): Record<string, number> {
  const count: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) count[kind] = (count[kind] ?? 0) + 1
  return count
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

test('after 10 000 requests no listener, timer or socket is left', async () => {
  const before = resources()
  const timers = systemRuntime.clock.size
  {
    await using server = await TestServer.http((request, response) => {
      const n = Number(request.url?.slice(1))
      if (n % 50 === 1) return // never answers: cancelled
      if (n % 50 === 2) response.destroy()
      else if (n % 50 === 3) response.write('a body without an end')
      else if (n % 50 === 4) response.writeHead(302, { location: '/0' }).end()
      else response.end('x'.repeat(n % 3000))
    })
    const session = new HttpSession({ limit: 50, redirect: 'follow' })
    const scope = new CancelScope()
    await scope.run(async () => {
      const signal = currentSignal()
      const numbers = Array.from({ length: 10_000 }, (_, i) => i)
      const outcomes = await mapConcurrent(numbers, (n) => visit(session, server.url, n), {
        concurrency: 100,
      })
      const count = Object.groupBy(outcomes, (outcome) => outcome)
      expect(count['cut']).toHaveLength(400)
      expect(count['RESET']).toHaveLength(200)
      expect(count['read']).toHaveLength(9400)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    })
    expect(session.connections).toBeLessThanOrEqual(50)
    await session.close()
    expect(session.connections).toBe(0)
    await server.until(() => server.sockets.size === 0)
  }
  await sleep(5) // closed sockets are gone one turn later
  expect(systemRuntime.clock.size).toBe(timers)
  const left = Object.entries(resources()).filter(([kind, n]) => n > (before[kind] ?? 0))
  expect(left).toEqual([])
}, 60_000)

async function visit(session: HttpSession, url: string, n: number): Promise<string> {
  try {
    return await timeout(60_000, async () => {
      const result = await moveOnAfter(n % 50 === 1 || n % 50 === 3 ? 20 : 50_000, async () => {
        await using response = await session.get(`${url}${n}`)
        await response.text()
        return 'read'
      })
      return result.timedOut ? 'cut' : result.value
    })
  } catch (error) {
    if (isCancelled(error)) throw error
    return (error as { code?: string }).code ?? String(error)
  }
}

test('10 000 more requests need no more memory', async () => {
  await using server = await TestServer.http((_request, response) => response.end('x'))
  await using session = new HttpSession({ limit: 20 })
  const some = (count: number): Promise<unknown> =>
    mapConcurrent(
      Array.from({ length: count }),
      async () => (await session.get(server.url)).text(),
      {
        concurrency: 20,
      },
    )
  await some(3000)
  const before = heap()
  await some(10_000)
  expect(heap() - before).toBeLessThan(1_500_000)
}, 60_000)

test('hosts that nobody asks any more are forgotten', async () => {
  await using server = await TestServer.http((_request, response) => response.end('x'))
  const session = new HttpSession({
    limit: 10,
    limitPerHost: 2,
    connect: {
      lookup: (_hostname, options, callback) => {
        if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
        else callback(null, '127.0.0.1', 4)
      },
    },
  })
  const { port } = new URL(server.url)
  const visitHosts = (from: number, count: number): Promise<unknown> =>
    mapConcurrent(
      Array.from({ length: count }, (_, i) => from + i),
      async (i) => (await session.get(`http://host-${i}.test:${port}/`)).text(),
      { concurrency: 10 },
    )
  await visitHosts(0, 500)
  expect(session.connections).toBeLessThanOrEqual(10)
  const before = heap()
  await visitHosts(500, 2000)
  expect(heap() - before).toBeLessThan(1_000_000)
  expect(session.connections).toBeLessThanOrEqual(10)
  await session.close()
}, 60_000)
