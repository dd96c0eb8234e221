// node clients.ts <url> <count> [greeting]: raw clients in a process of their own. They say when all are open, and
// answer `count` with the bytes that have come; `stall N` stops reading at the first N of them.
import type { Socket } from 'node:net'
import { maskedFrame, openRaw } from './raw-client.ts'

const [, , url = '', count = '1', greeting] = process.argv
const sockets: Socket[] = []
let bytes = 0

async function open(): Promise<void> {
  const socket = await openRaw(url)
  if (greeting !== undefined) socket.write(maskedFrame(0x81, Buffer.from(greeting)))
  socket.on('data', (chunk) => {
    bytes += chunk.length
  })
  sockets.push(socket)
}

for (let i = 0; i < Number(count); i++) await open()
/** Sends and awaits the echo, so many times on each socket; `m` is what Socket.IO calls its event. */
async function echo(times: number): Promise<void> {
  const frame = maskedFrame(0x81, Buffer.from('x'.repeat(100)))
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
