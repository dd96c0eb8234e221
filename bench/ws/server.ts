// node server.ts <peer>: a server of one kind that broadcasts on demand, and tells what that cost its process.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { openWebSocketServer, Room, websocket } from '@corral/ws'
import { sleep } from 'corral'
import { Server as SocketIo } from 'socket.io'
import * as ws from 'ws'

/** What a peer does: sends a text to all, and how much waits for its clients. */
interface Peer {
  send(text: string): void
  readonly clients: () => number
}

/** The part of `ws` that makes frames. */
interface Framer {
  frame(data: Buffer, options: object): Buffer[]
}

const http = createServer()
const peers: Record<string, () => Peer> = {
  'ws.send': () => {
    const server = new ws.WebSocketServer({ server: http, perMessageDeflate: false })
    server.on('connection', (socket) => echo(socket))
    return {
      send: (text) => {
        for (const client of server.clients) client.send(text)
      },
      clients: () => server.clients.size,
    }
  },
  'frame once': () => {
    const server = new ws.WebSocketServer({ server: http, perMessageDeflate: false })
    const sockets = new Set<Socket>()
    server.on('connection', (_socket, request) => sockets.add(request.socket))
    const { frame } = (ws as unknown as { Sender: Framer }).Sender
    return {
      send: (text) => {
        const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }
        const bytes = Buffer.concat(frame(Buffer.from(text), options))
        for (const socket of sockets) socket.write(bytes)
      },
      clients: () => sockets.size,
    }
  },
  'Socket.IO': () => {
    const io = new SocketIo(http, { transports: ['websocket'], serveClient: false })
    io.on('connection', (socket) => {
      socket.on('m', (text: string) => socket.emit('m', text))
    })
    return { send: (text) => void io.emit('m', text), clients: () => io.sockets.sockets.size }
  },
  corral: () => corral(0),
  'corral 5 ms': () => corral(5),
}

function echo(socket: {
  on(event: 'message', listener: (data: Buffer) => void): void
  send(text: string): void
}): void {
  socket.on('message', (data) => socket.send(data.toString()))
}

function corral(batchDelay: number): Peer {
  const room = new Room<string>({ batchDelay, queueBytes: 16 * 1_048_576 })
  openWebSocketServer(http, {
    '/': websocket(async (socket) => {
      using _seat = room.join(socket)
      for await (const text of socket) await socket.send(text)
    }),
  })
  return { send: (text) => room.send(text), clients: () => room.size }
}

const [, , name = ''] = process.argv
const peer = peers[name]?.()
if (peer === undefined) throw new Error(`no peer ${name}`)
http.listen(0, '127.0.0.1')
await once(http, 'listening')

/** What is asked of the server. */
interface Order {
  readonly turns: number
  readonly perTurn: number
  readonly size: number
  /** Milliseconds between turns: 0 for none. */
  readonly every: number
}

let spent = process.cpuUsage()
process.on('message', (order: Order | 'idle' | 'cpu') => {
  if (order === 'cpu') {
    const { user, system } = process.cpuUsage(spent)
    spent = process.cpuUsage()
    process.send?.({ micros: user + system })
  } else void (order === 'idle' ? idle() : broadcast(order))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: (http.address() as AddressInfo).port })

function turnEnd(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

async function broadcast({ turns, perTurn, size, every }: Order): Promise<void> {
  const text = 'x'.repeat(size)
  const started = performance.now()
  const before = process.cpuUsage()
  const rss = process.memoryUsage().rss
  let most = rss
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < perTurn; i++) peer?.send(text)
    await (every === 0 ? turnEnd() : sleep(every))
    if (turn % 10 === 9) {
      most = Math.max(most, process.memoryUsage().rss)
      if (every === 0) await sleep(5) // for the clients, which share the machine
    }
  }
  await sleep(50)
  const { user, system } = process.cpuUsage(before)
  const ms = performance.now() - started
  process.send?.({ micros: user + system, ms, grown: most - rss, clients: peer?.clients() })
}

async function idle(): Promise<void> {
  await sleep(500)
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  process.send?.({ rss, heap: heapUsed + external, clients: peer?.clients() })
}
