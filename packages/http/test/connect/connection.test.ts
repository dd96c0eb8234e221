import { Socket } from 'node:net'
import { CancelScope, now } from 'corral'
import { expect, test } from 'vitest'
import { Connection } from '../../src/connect/connection.ts'
import { openingOf } from '../../src/connect/open-socket.ts'

const options = { keepAlive: 1000, maxHeaderBytes: 1000 }
const limits = { connectTimeout: Infinity, timeout: Infinity, totalAt: Infinity }

function open(socket: Socket, url: string): Connection {
  return new Connection(openingOf(socket, new URL(url)), new URL(url), options)
}

/** A socket that never connects, and when destroyed never closes. */
class StuckSocket extends Socket {
  override _destroy(): void {}
}

test('Connection: a socket that does not close is waited for no longer than the grace', async () => {
  const connection = open(new StuckSocket(), 'http://stuck.test/')
  const scope = new CancelScope()
  const work = scope.run(() => connection.connected(limits))
  const before = now()
  scope.cancel()
  await work
  expect(scope.cancelledCaught).toBe(true)
  expect(now() - before).toBeGreaterThanOrEqual(999)
  expect(now() - before).toBeLessThan(3000)
  expect(connection.usable).toBe(false)
})

test('Connection: one that never came about leaves no timer', async () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const socket = new Socket()
  const connection = open(socket, 'http://never.test/')
  const work = connection.connected({ ...limits, connectTimeout: 60_000 })
  connection.destroy(() => new RangeError('not wanted any more'))
  await expect(work).rejects.toThrow(RangeError)
  expect(timers()).toBe(before)
})

test('Connection.dispatch on one that was closed meanwhile tells why', () => {
  const connection = open(new Socket(), 'http://closed.test/')
  const told: unknown[] = []
  const user = {
    fail: (error: () => unknown) => void told.push(error()),
    broke: (error: Error) => void told.push(error.message),
    onBodySent: () => {},
  }
  connection.dispatch({ path: '/', method: 'GET' }, user)
  connection.destroy(() => 'closed by us')
  connection.dispatch({ path: '/', method: 'GET' }, user)
  expect(told).toEqual(['the connection closed before the request was sent', 'closed by us'])
})
