import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { openWebSocketServer, Room, websocket } from '@corral/ws'
import { currentSignal, sleep } from 'corral'
import { maskedFrame, openRaw, upgradeRequest } from '../raw-client.ts'

const text = (body: string): Buffer => maskedFrame(0x81, Buffer.from(body))
const header = (length: bigint): Buffer => {
  const bytes = Buffer.alloc(14)
  bytes.set([0x81, 0xff])
  bytes.writeBigUInt64BE(length, 2)
  return bytes
}

function closing(code: number): Buffer {
  return maskedFrame(0x88, Buffer.from([code >> 8, code & 0xff]))
}

/** The code of the close frame in what came. */
function codeIn(bytes: Buffer): string {
  const at = bytes.indexOf(0x88)
  if (at < 0) return 'no close frame'
  return (bytes[at + 1] as number) < 2 ? '1005' : String(bytes.readUInt16BE(at + 2))
}

/** Clients that break the rules, against one server in this process; what became of them, and what is left. */
export async function badInputRows(): Promise<string[]> {
  const rows: string[] = []
  const errors: unknown[] = []
  const say = (what: string, outcome: string, held: boolean): void => {
    rows.push(`| ${what} | ${outcome} | ${held ? 'yes' : 'NO'} |`)
    console.log(rows.at(-1))
  }
  using room = new Room<string>({ history: 100 })
  const deciding = new Set<object>()
  const options = {
    assemblyTimeout: 500,
    closeTimeout: 500,
    onError: (error: unknown) => void errors.push(error),
  }
  const acceptor = websocket(
    async (socket) => {
      using _seat = room.join(socket)
      for await (const message of socket) await socket.send(message)
    },
    {
      ...options,
      authorize: async ({ target }: { target: string }) => {
        const own = {}
        deciding.add(own)
        try {
          await sleep(target === '/slow' ? 300 : 0)
          return 'somebody'
        } finally {
          deciding.delete(own)
        }
      },
    },
  )
  const http = createServer()
  await using sockets = openWebSocketServer(http, acceptor)
  http.listen(0, '127.0.0.1', 4096)
  await once(http, 'listening', { signal: currentSignal() })
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`

  /** Sends bytes and gives what came of it. */
  const talk = async (bytes: Uint8Array): Promise<string> => {
    const socket = await openRaw(url)
    let got = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])))
    socket.removeAllListeners('error').on('error', () => {})
    socket.write(bytes)
    for (let i = 0; i < 500 && !socket.destroyed; i++) await sleep(10)
    const ended = socket.destroyed ? 'closed by the server' : 'still open'
    socket.destroy()
    return `${codeIn(got)}, ${ended}`
  }
  const expectCode = async (what: string, bytes: Uint8Array, code: string): Promise<void> => {
    const outcome = await talk(bytes)
    say(what, outcome, outcome === `${code}, closed by the server`)
  }
  const gone = async (): Promise<void> => {
    for (let i = 0; i < 1000 && sockets.live > 0; i++) await sleep(10)
  }

  await talk(Buffer.concat([text('warm'), closing(1000)]))
  await gone()
  globalThis.gc?.()
  const before = process.memoryUsage()

  await expectCode('a header that announces 1 GiB', header(1n << 30n), '1009')
  await expectCode('a header that announces 2^63', header(1n << 63n), '1009')
  const fragments = Buffer.concat([
    maskedFrame(0x01, Buffer.from('a')),
    ...Array.from({ length: 200_000 }, () => maskedFrame(0x00, Buffer.from('a'))),
  ])
  await expectCode('200 000 fragments', fragments, '1008')
  const half = Buffer.concat([header(90n << 20n), Buffer.alloc(45 << 20)])
  await expectCode('a message of 90 MiB, half of it sent', half, '1009')
  const within = Buffer.concat([header(900_000n), Buffer.alloc(450_000)])
  await expectCode('one within the limit, half of it sent', within, '1008')
  await expectCode('frames that are not masked', Buffer.from([0x81, 2, 0x68, 0x69]), '1002')
  for (const bit of [0x40, 0x20, 0x10]) {
    const frame = maskedFrame(0x81 | bit, Buffer.from('a'))
    await expectCode(`bit RSV${{ 0x40: 1, 0x20: 2, 0x10: 3 }[bit]}`, frame, '1002')
  }
  await expectCode('text that is no UTF-8', maskedFrame(0x81, Buffer.from([0xc3, 0x28])), '1007')
  await expectCode('close code 1005', closing(1005), '1002')
  await expectCode('close code 1006', closing(1006), '1002')

  const flooder = await openRaw(url)
  flooder.pause()
  const pings = Buffer.concat(
    Array.from({ length: 5000 }, () => maskedFrame(0x89, Buffer.alloc(100))),
  )
  for (let i = 0; i < 40; i++) {
    flooder.write(pings)
    await sleep(1)
  }
  await sleep(300)
  const [server] = acceptor.sockets
  const outcome =
    server === undefined ? 'the server let it go' : `${server.queued} bytes queued for it`
  say('200 000 pings, the pongs unread', outcome, (server?.queued ?? 0) < 1_000_000)
  flooder.destroy()
  await gone()

  const early = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  let answer = ''
  early.setEncoding('latin1').on('data', (piece: string) => (answer += piece))
  early.write(
    Buffer.concat([Buffer.from(upgradeRequest(`${url}slow`)), text('early'), text('bird')]),
  )
  for (let i = 0; i < 300 && !answer.includes('bird'); i++) await sleep(10)
  const both = answer.indexOf('early') > 0 && answer.indexOf('bird') > answer.indexOf('early')
  say('two frames sent before the 101', both ? 'both handled, in order' : 'lost', both)
  early.destroy()
  await gone()

  let seen = 0
  for (let i = 0; i < 200; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    socket.write(upgradeRequest(`${url}slow`))
    for (let k = 0; k < 500 && deciding.size === 0; k++) await sleep(1)
    seen += deciding.size
    socket.resetAndDestroy()
    for (let k = 0; k < 250 && deciding.size > 0; k++) await sleep(1)
  }
  say(
    '200 reset during `authorize`',
    `${seen} of them seen in it, ${deciding.size} still in it`,
    seen === 200 && deciding.size === 0,
  )

  const crowd: Socket[] = []
  for (let i = 0; i < 80; i++) {
    crowd.push(...(await Promise.all(Array.from({ length: 50 }, () => openRaw(url)))))
  }
  const inside = room.size
  const began = performance.now()
  for (const socket of crowd) socket.on('error', () => {}).resetAndDestroy()
  await gone()
  const took = Math.round(performance.now() - began)
  say('4 000 gone at once', `${inside} in the room, all ended after ${took} ms`, sockets.live === 0)

  const good = await talk(Buffer.concat([text('hello'), closing(4000)]))
  say('asks after all this', good, good.startsWith('4000'))
  await gone()
  await sleep(300)
  globalThis.gc?.()
  const active = process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length
  const heap = (process.memoryUsage().heapUsed - before.heapUsed) / 1e6
  say(
    'looks at what is left',
    `${sockets.live} connections, ${room.size} members, ${active} sockets, ${errors.length} errors of handlers, heap ${heap.toFixed(1)} MB more`,
    sockets.live + room.size + active + errors.length === 0 && heap < 5,
  )
  http.close()
  return rows
}
