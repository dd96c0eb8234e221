// node restarts-server.ts <port> <redis url> <room>: one of the servers behind nginx: POST, server-sent events, background
// work, a WebSocket room shared with the other one. It drains at SIGTERM, and says how it ended and what is left of it.
import { api, background, serve, sse } from '@corral/server'
import type { RequestEvent, ServerSentEvent } from '@corral/server'
import { redisBus, Room, websocket } from '@corral/ws'
import { run, sleep, taskGroup } from 'corral'
import { createClient } from 'redis'

const [, , port = '0', url = '', name = ''] = process.argv
const outcomes: Record<string, number> = {}
/** Background tasks, streams and WebSocket handlers that have begun and not ended. */
let live = 0
let ticks = 0

async function* events(): AsyncGenerator<ServerSentEvent> {
  live += 1
  try {
    for (let id = 0; ; id += 1) {
      yield { data: id, id: String(id) }
      await sleep(50)
    }
  } finally {
    live -= 1
  }
}

const onRequest = ({ outcome }: RequestEvent): void => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}

const redis = createClient({ url })
redis.on('error', () => {})
let epoch = ''
let members = 0

async function main(): Promise<void> {
  await using bus = redisBus(redis)
  using room = new Room<string>({ name, history: 4000, bus })
  ;({ epoch } = room)
  await room.ready() // before the other one may be restarted
  const app = api()
  app.post('/order', async ({ request }) => {
    const { n } = (await request.json()) as { n: number }
    await sleep(20)
    live += 1
    background(async () => {
      await sleep(30)
      live -= 1
    })
    return { n }
  })
  app.get('/events', () => sse(events()))
  const chat = websocket(
    async (socket) => {
      live += 1
      try {
        using _seat = room.join(socket)
        for await (const text of socket) room.send(text)
      } finally {
        live -= 1
      }
    },
    { drainSpread: 500 },
  )
  app.upgrade('/chat', chat)
  await taskGroup(async (group) => {
    const ticker = group.spawn(async () => {
      for (;;) {
        room.send(`${epoch} ${(ticks += 1)}`)
        await sleep(50)
      }
    })
    await serve(app, {
      port: Number(port),
      host: '127.0.0.1',
      drainDelay: 100,
      grace: 10_000,
      onRequest,
      onListening: () => process.send?.('listening'),
    })
    ticker.cancel()
  })
  members = room.size + chat.sockets.size
}

await run(
  async () => {
    await redis.connect()
    await main()
    await redis.close() // once the last message has left
  },
  { grace: 15_000 },
)
await new Promise((resolve) => setTimeout(resolve, 100)) // what was closed in the last turns is gone then
const sockets = process.getActiveResourcesInfo().filter((one) => /TCP|Timeout/.test(one))
process.send?.({ outcomes, live, members, ticks, epoch, held: sockets.length })
if (process.connected) process.disconnect?.()
