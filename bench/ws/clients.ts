// node clients.ts <url> <count> [greeting]: raw clients in a process of their own. They say when all are open, and
// answer `count` with the bytes that have come; `stall N` stops reading at the first N of them.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

const [, , url = '', count = '1', greeting] = process.argv
const { hostname, port, pathname, search } = new URL(url)
const sockets: Socket[] = []
let bytes = 0

function maskedText(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  const masked = payload.map((byte, i) => byte ^ (mask[i & 3] as number))
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked])
}

function open(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(Number(port), hostname, () => {
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    )
  })
  socket.once('data', (head) => {
    if (!head.includes('101 Switching')) reject(new Error(head.toString().slice(0, 200)))
    if (greeting !== undefined) socket.write(maskedText(greeting))
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    resolve()
  })
  socket.on('error', reject)
  sockets.push(socket)
  return promise
}

for (let i = 0; i < Number(count); i++) await open()
/** Sends and awaits the echo, so many times on each socket; `m` is what Socket.IO calls its event. */
async function echo(times: number): Promise<void> {
  const frame = maskedText('x'.repeat(100))
  let echoes = 0
  await Promise.all(
    sockets.map(async (socket) => {
      for (let i = 0; i < times; i++) {
        const answered = new Promise((resolve) => {
          socket.once('data', resolve)
        })
        socket.write(frame)
        await answered
        echoes += 1
      }
    }),
  )
  process.send?.({ echoes })
}

process.on('message', (order: string) => {
  const [word, value] = order.split(' ')
  if (word === 'echo') {
    void echo(Number(value))
    return
  }
  if (word === 'stall') for (const socket of sockets.slice(0, Number(value))) socket.pause()
  process.send?.({ bytes })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ open: sockets.length })
