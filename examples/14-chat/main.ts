// A chat: rooms, slow readers and reconnects, with a page and a terminal client; several processes when a bus joins them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openWebSocketServer, Room, websocket } from '@corral/ws'
import type { Bus, UpgradeRequest } from '@corral/ws'
import { currentSignal, run, stopping } from 'corral'
import { servePage } from './serve-page.ts'

/** What everybody sees; without `from` it is the chat itself that speaks. */
export interface Line {
  readonly from?: string
  readonly text: string
}

export interface ChatOptions {
  readonly port: number
  /** Joins it with the chats of other processes. */
  readonly bus?: Bus | undefined
  readonly onListening: (url: string) => void
}

/** Serves a chat until the run is asked to stop; then its clients are told to come back, each at a moment of its own. */
export async function chat({ port, bus, onListening }: ChatOptions): Promise<void> {
  // Who reads too slowly is disconnected (4008) and, as the client resumes, misses nothing when it comes back.
  using room = new Room<Line>({ name: 'chat', history: 500, ...(bus && { bus }) })
  const acceptor = websocket(
    async (socket) => {
      using _seat = room.join(socket, { last: 20 })
      room.send({ text: `${socket.user} is here` }, { except: socket })
      try {
        for await (const text of socket) room.send({ from: socket.user, text })
      } finally {
        room.send({ text: `${socket.user} has gone` })
      }
    },
    { authorize: nameOf, maxMessageBytes: 4096, messagesPerSecond: 50, drainSpread: 1000 },
  )
  const http = createServer(servePage)
  await using sockets = openWebSocketServer(http, { '/chat': acceptor })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening', { signal: currentSignal() })
  onListening(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
  try {
    await stopping().wait()
    await sockets.drain({ grace: 5000 })
  } finally {
    http.close()
  }
}

/** Here whoever says a name has it; a real one looks at a cookie or a token. Undefined is 401. */
function nameOf({ target }: UpgradeRequest): string | undefined {
  const name = new URL(target, 'http://chat').searchParams.get('name')?.trim()
  return name === undefined || name === '' || name.length > 20 ? undefined : name
}

function onListening(url: string): void {
  console.log(`chat at ${url}`)
}

async function main(): Promise<void> {
  const { PORT = '8014', REDIS_URL } = process.env
  if (REDIS_URL === undefined) {
    await chat({ port: Number(PORT), onListening })
    return
  }
  const { openRedisBus } = await import('./open-redis-bus.ts')
  await using redis = await openRedisBus(REDIS_URL)
  await chat({ port: Number(PORT), bus: redis.bus, onListening })
}

if (import.meta.main) await run(main, { grace: 10_000 })
