import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { websocket } from '@corral/ws'
import type { WebSocketOptions } from '@corral/ws'
import { sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { until, withServer } from '../with-server.ts'

const MASK = [0, 0, 0, 0]

function frame(first: number, payload: readonly number[] = []): number[] {
  return [first, 0x80 | payload.length, ...MASK, ...payload]
}

/** Sends bytes after the handshake, and gives the code of the close frame that comes; 1006 for none. */
async function closeCode(
  bytes: readonly number[] | Buffer,
  options: WebSocketOptions<'text', undefined> = {},
): Promise<number> {
  let code = 0
  const errors: unknown[] = []
  const handler = websocket(
    async (socket) => {
      for await (const text of socket) await socket.send(text)
    },
    { closeTimeout: 500, ...options, onError: (error) => errors.push(error) },
  )
  await withServer(handler, async ({ port, sockets }) => {
    const { socket, got } = open(port)
    await until(() => got().length > 0)
    socket.write(Buffer.from(bytes))
    await until(() => socket.destroyed)
    code = codeIn(got())
    await until(() => sockets.live === 0)
  })
  expect(errors).toEqual([])
  return code
}

function open(port: number): { socket: Socket; got: () => Buffer } {
  const socket = connectTcp(port, '127.0.0.1')
  let got = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk]))).on('error', () => {})
  socket.write(
    'GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
      'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  return { socket, got: () => got }
}

function codeIn(bytes: Buffer): number {
  const frames = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
  const at = frames.indexOf(0x88)
  if (at < 0) return 1006
  return (frames[at + 1] as number) < 2 ? 1005 : frames.readUInt16BE(at + 2)
}

describe('a client that breaks the rules is told so, and costs the process nothing', () => {
  it.each<[string, number[], number]>([
    ['a frame that is not masked', [0x81, 0x02, 0x68, 0x69], 1002],
    ['reserved bits', frame(0xf1, [1]), 1002],
    ['a compressed frame that was not agreed on', frame(0xc1, [1]), 1002],
    ['an unknown opcode', frame(0x83), 1002],
    ['a continuation of nothing', frame(0x80, [1]), 1002],
    ['a message within a message', [...frame(0x01, [1]), ...frame(0x81, [1])], 1002],
    ['a control frame in pieces', frame(0x09, [1]), 1002],
    ['a close code of one byte', frame(0x88, [3]), 1002],
    ['close code 1005', frame(0x88, [0x03, 0xed]), 1002],
    ['close code 1006', frame(0x88, [0x03, 0xee]), 1002],
    ['close code 999', frame(0x88, [0x03, 0xe7]), 1002],
    ['a reason that is no UTF-8', frame(0x88, [0x03, 0xe8, 0xff]), 1007],
    ['text that is no UTF-8', frame(0x81, [0xc3, 0x28]), 1007],
    ['bytes where text is spoken', frame(0x82, [1]), 1003],
    ['a header of 1 GiB', [0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, ...MASK], 1009],
    ['a header of 2^63', [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, ...MASK], 1009],
    ['a close without a code', frame(0x88), 1005],
    ['a close with one', frame(0x88, [0x0f, 0xa0]), 4000],
  ])('%s', async (_name, bytes, code) => {
    expect(await closeCode(bytes)).toBe(code)
  })

  it('200 000 fragments', async () => {
    const one = [0x00, 0x81, ...MASK, 0x61]
    const bytes = Buffer.concat([
      Buffer.from(frame(0x01, [0x61])),
      ...Array.from({ length: 200_000 }, () => Buffer.from(one)),
    ])
    expect(await closeCode(bytes)).toBe(1008)
  })

  it('a message that is begun and not ended', async () => {
    const half = [0x81, 0xfe, 0xff, 0xff, ...MASK, 1, 2, 3]
    expect(await closeCode(half, { assemblyTimeout: 30 })).toBe(1008)
  })

  it('more messages than the rate', async () => {
    const flood = Array.from({ length: 50 }, () => frame(0x81, [0x61])).flat()
    expect(await closeCode(flood, { messagesPerSecond: 10 })).toBe(1008)
  })

  it('silence', async () => {
    expect(await closeCode([], { pingInterval: 20, pongTimeout: 20 })).toBe(1006)
  })

  it('a flood of pings whose answers are not read takes no memory', async () => {
    const handler = websocket(() => sleep(3_600_000))
    await withServer(handler, async ({ port, sockets }) => {
      const { socket, got } = open(port)
      await until(() => got().length > 0)
      socket.pause()
      const pings = Buffer.concat(
        Array.from({ length: 5000 }, () =>
          Buffer.from(frame(0x89, Array(100).fill(7) as number[])),
        ),
      )
      for (let i = 0; i < 40; i++) {
        socket.write(pings)
        await sleep(1)
      }
      await sleep(100)
      const [server] = handler.sockets
      expect(server?.queued).toBeLessThan(1_000_000)
      socket.destroy()
      await until(() => sockets.live === 0)
    })
  })
})
