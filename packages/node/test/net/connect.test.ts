import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { CancelScope, gatherSettled, isCancelled, moveOnAfter, sleep, timeout } from 'corral'
import { describe, expect, it } from 'vitest'
import { connect, openListener } from '../../src/index.ts'
import { dialFirst } from '../../src/net/dial.ts'
import { interleaveFamilies } from '../../src/net/resolve.ts'
import { openDeafServer, openDescriptors, real, settled } from './sockets.ts'

const four = (address: string): { address: string; family: 4 } => ({ address, family: 4 })

async function listenOn(host: string, port: number = 0): Promise<Server & { port: number }> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(port, host, done))
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

/** Connections to a server that does not accept, until one gets no answer. */
async function fill(host: string, port: number): Promise<Socket[]> {
  const filling: Socket[] = []
  for (;;) {
    const { timedOut, ...rest } = await moveOnAfter(300, () => dialFirst([four(host)], port, 0))
    if (timedOut) return filling
    filling.push((rest as unknown as { value: Socket }).value)
  }
}

describe('connect', () => {
  it(
    'tries the next address when one refuses, and tells the first failure when all do',
    real(async () => {
      const server = await listenOn('127.0.0.3')
      const addresses = [four('127.0.0.2'), four('127.0.0.3')]
      const socket = await dialFirst(addresses, server.port, 60_000)
      expect(socket.remoteAddress).toBe('127.0.0.3')
      socket.destroy()
      server.close()
      const error = (await dialFirst(addresses, server.port, 250).catch(
        (error: unknown) => error,
      )) as NodeJS.ErrnoException & { suppressed: unknown[]; address: string }
      expect(error).toMatchObject({ code: 'ECONNREFUSED', address: '127.0.0.2' })
      expect(error.suppressed).toMatchObject([{ address: '127.0.0.3' }])
    }),
  )

  it(
    'goes on beside an address that does not answer, and closes that attempt before it returns',
    real(async () => {
      await using deaf = await openDeafServer('127.0.0.2')
      const server = await listenOn('127.0.0.3', deaf.port)
      const filling = await fill('127.0.0.2', deaf.port)
      const before = openDescriptors()
      const socket = await dialFirst([four('127.0.0.2'), four('127.0.0.3')], deaf.port, 50)
      expect(socket.remoteAddress).toBe('127.0.0.3')
      expect(openDescriptors()).toBe(before + 2) // both ends of the one that won
      for (const one of [socket, ...filling]) one.destroy()
      server.close()
    }),
  )

  it(
    'cancelled while nobody answers leaves no socket behind',
    real(async () => {
      await using deaf = await openDeafServer('127.0.0.2')
      const filling = await fill('127.0.0.2', deaf.port)
      const before = openDescriptors()
      for (const ms of [0, 1, 10]) {
        const to = { host: '127.0.0.2', port: deaf.port }
        expect(await moveOnAfter(ms, () => connect(to))).toEqual({ timedOut: true })
        expect(openDescriptors()).toBe(before)
      }
      for (const one of filling) one.destroy()
    }),
  )

  it(
    'leaves one socket at most when all addresses answer in the same moment',
    real(async () => {
      const server = await listenOn('127.0.0.1')
      const before = openDescriptors()
      for (let round = 0; round < 20; round++) {
        const addresses = Array.from({ length: 5 }, () => four('127.0.0.1'))
        const socket = await dialFirst(addresses, server.port, 0)
        socket.destroy()
      }
      server.close()
      await settled(before - 1)
      expect(openDescriptors()).toBeLessThan(before)
    }),
  )

  it(
    'cancelled in any moment leaves nothing behind',
    real(async () => {
      const before = openDescriptors()
      {
        await using listener = await openListener(async (connection) => {
          await connection.read()
        })
        const to = { host: 'localhost', port: listener.address.port as number }
        for (let turns = 0; turns < 60; turns++) {
          const scope = new CancelScope()
          const work = scope.run(async () => {
            await using connection = await connect(to)
            await connection.write('x')
          })
          for (let turn = 0; turn < turns % 20; turn++) await new Promise(setImmediate)
          scope.cancel()
          await work
        }
      }
      await settled(before)
      expect(openDescriptors()).toBeLessThanOrEqual(before)
    }),
  )

  it(
    'gives up the lookup of a name at once',
    real(async () => {
      const scope = new CancelScope()
      let error: unknown
      await scope.run(async () => {
        setImmediate(() => scope.cancel())
        await connect({ host: 'corral.invalid', port: 80 }).catch((caught: unknown) => {
          error = caught
        })
      })
      // The system may have been faster to say that there is no such name.
      expect(isCancelled(error) || (error as NodeJS.ErrnoException).syscall === 'getaddrinfo').toBe(
        true,
      )
    }),
  )

  it.each([
    [{ host: '', port: 1 }, /^connect: host must be a string that is not empty/],
    [{ host: 'localhost', port: 0 }, /^connect: port must be a port, 1 to 65535, got 0 \(number\)/],
    [{ host: 'localhost', port: 70_000 }, /^connect: port/],
    [{ path: '' }, /^connect: path/],
    [undefined, /^connect: to must be/],
  ])('refuses %j', async (to, message) => {
    await expect(connect(to as { path: string })).rejects.toThrow(message)
  })

  it(
    'says of a host with a NUL in its name, and of a file that is no socket, what the system says',
    real(async () => {
      const [host, file] = await gatherSettled([
        () => connect({ host: 'a\0b', port: 80 }),
        () => connect({ path: '/etc/passwd' }),
      ])
      expect(host).toMatchObject({ status: 'rejected' })
      expect(file).toMatchObject({ status: 'rejected', reason: { code: 'ECONNREFUSED' } })
    }),
  )

  it(
    'a thousand at once',
    real(async () => {
      const before = openDescriptors()
      {
        await using listener = await openListener(async (connection) => {
          for await (const chunk of connection) await connection.write(chunk)
        })
        const to = { host: '127.0.0.1', port: listener.address.port as number }
        const answers = await gatherSettled(
          Array.from({ length: 1000 }, (_, i) => async () => {
            await using connection = await connect(to)
            await connection.write(`${i}\n`)
            return Number(await connection.readUntil('\n'))
          }),
        )
        const numbers = answers.map((answer) => answer.status === 'fulfilled' && answer.value)
        expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => i))
        await timeout(30_000, async () => {
          while (listener.live > 0) await sleep(5)
        })
      }
      await settled(before)
      expect(openDescriptors()).toBeLessThanOrEqual(before)
    }),
  )
})

describe('the order of addresses', () => {
  const six = (address: string): { address: string; family: 6 } => ({ address, family: 6 })

  it('has the families in turn, the preferred one first', () => {
    const found = [six('a'), six('b'), six('c'), four('1')]
    expect(interleaveFamilies(found).map(({ address }) => address)).toEqual(['a', '1', 'b', 'c'])
    expect(
      interleaveFamilies([four('1'), six('a'), six('b')]).map(({ address }) => address),
    ).toEqual(['1', 'a', 'b'])
    expect(interleaveFamilies([])).toEqual([])
  })
})
