import { ClosedError, moveOnAfter, sleep, spawn } from 'corral'
import { describe, expect, it } from 'vitest'
import { openUdp, resolve } from '../../src/index.ts'
import type { UdpOptions, UdpSocket } from '../../src/index.ts'
import { openDescriptors, real, settled } from './sockets.ts'

const host = '127.0.0.1'
const at = (socket: UdpSocket): { host: string; port: number } => ({
  host,
  port: socket.address.port as number,
})

describe('openUdp', () => {
  it(
    'sends and receives, and knows from whom',
    real(async () => {
      await using a = await openUdp({ host })
      await using b = await openUdp({ host })
      await a.send('ping', at(b))
      const { bytes, from } = await b.receive()
      expect(String(bytes)).toBe('ping')
      expect(from).toEqual(at(a))
      await b.send('pong', from)
      for await (const datagram of a) {
        expect(String(datagram.bytes)).toBe('pong')
        break
      }
    }),
  )

  it.each([
    ['dropOldest', ['3', '4']],
    ['dropNewest', ['0', '1']],
  ] as const)('keeps so many that nobody reads: %s', async (overflow, kept) => {
    await real(async () => {
      const options: UdpOptions = { host, capacity: 2, overflow }
      await using b = await openUdp(options)
      await using a = await openUdp({ host })
      for (let i = 0; i < 5; i++) await a.send(String(i), at(b))
      while (b.dropped < 3) await sleep(5)
      const found = [String((await b.receive()).bytes), String((await b.receive()).bytes)]
      expect(found).toEqual(kept)
    })()
  })

  it(
    'a cancelled receive takes none',
    real(async () => {
      await using a = await openUdp({ host })
      expect(await moveOnAfter(5, () => a.receive())).toEqual({ timedOut: true })
      await a.send('self', at(a))
      expect(String((await a.receive()).bytes)).toBe('self')
    }),
  )

  it(
    'closed turns its reader away, refuses to send, and holds no descriptor',
    real(async () => {
      const before = openDescriptors()
      const a = await openUdp({ host })
      const reading = spawn(() => a.receive().catch((error: unknown) => error))
      await sleep(1)
      await a.close()
      await a.close()
      expect(await reading).toBeInstanceOf(ClosedError)
      await expect(a.send('x', { host, port: 9 })).rejects.toBeInstanceOf(ClosedError)
      await settled(before)
    }),
  )

  it(
    'says what the system says: too large, taken',
    real(async () => {
      await using a = await openUdp({ host })
      await expect(a.send('x'.repeat(70_000), at(a))).rejects.toMatchObject({ code: 'EMSGSIZE' })
      await expect(openUdp({ host, port: at(a).port })).rejects.toMatchObject({
        code: 'EADDRINUSE',
      })
      await expect(openUdp({ capacity: 0 })).rejects.toMatchObject({ code: 'MISUSE' })
    }),
  )
})

describe('resolve', () => {
  it(
    'knows addresses by themselves, names by the system, and says what is not there',
    real(async () => {
      expect(await resolve('127.0.0.1')).toEqual([{ address: '127.0.0.1', family: 4 }])
      expect(await resolve('::1')).toEqual([{ address: '::1', family: 6 }])
      expect(await resolve('localhost', { family: 4 })).toEqual([
        { address: '127.0.0.1', family: 4 },
      ])
      await expect(resolve('corral.invalid')).rejects.toMatchObject({ syscall: 'getaddrinfo' })
      await expect(resolve('')).rejects.toMatchObject({ code: 'MISUSE' })
    }),
  )
})
