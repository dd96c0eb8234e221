// node crowd.ts <url>: raw clients that come and go when told to.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { maskedFrame, openRaw } from '../raw-client.ts'

const [, , url = ''] = process.argv
const sockets = new Set<Socket>()

async function open(count: number): Promise<void> {
  const atOnce = 50
  for (let i = 0; i < count; i += atOnce) {
    const more = await Promise.all(Array.from({ length: atOnce }, () => openRaw(url)))
    for (const socket of more) sockets.add(socket.on('data', () => {}).on('error', () => {}))
  }
}

/** With the closing handshake, or none at all. */
async function leave(how: 'close' | 'reset'): Promise<void> {
  const ends = [...sockets].map((socket) => once(socket, 'close'))
  for (const socket of sockets) {
    if (how === 'reset') socket.resetAndDestroy()
    else socket.write(maskedFrame(0x88, Buffer.from([0x03, 0xe8])))
  }
  await Promise.all(ends)
  sockets.clear()
}

interface Order {
  readonly open?: number
  readonly leave?: 'close' | 'reset'
}

async function obey(order: Order): Promise<void> {
  if (order.open !== undefined) await open(order.open)
  if (order.leave !== undefined) await leave(order.leave)
  process.send?.('done')
}

process.on('message', (order: Order) => void obey(order))
process.on('disconnect', () => process.exit(0))
