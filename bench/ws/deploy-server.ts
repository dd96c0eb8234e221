// node deploy-server.ts <port> <redis url>: one process of a service with a room that others are in, too. With port 0
// it has no clients and publishes a number every 200 ms, until it is told to stop; then it says how many.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { openWebSocketServer, redisBus, Room, websocket } from '@corral/ws'
import { currentSignal, run, sleep, stopping } from 'corral'
import { createClient } from 'redis'

const [, , port = '0', url = 'redis://127.0.0.1:6379', name = 'deploy'] = process.argv

async function serve(room: Room<string>): Promise<void> {
  const http = createServer()
  const acceptor = websocket(
    async (socket) => {
      using _seat = room.join(socket)
      for await (const _ of socket);
    },
    { drainSpread: 3000 },
  )
  await using sockets = openWebSocketServer(http, acceptor)
  http.listen(Number(port), '127.0.0.1')
  await once(http, 'listening', { signal: currentSignal() })
  process.send?.({ listening: port })
  await stopping().wait()
  http.close()
  await sockets.drain({ grace: 6000 })
  process.send?.({ drained: port, left: sockets.live })
}

async function publish(room: Room<string>): Promise<void> {
  let count = 0
  process.send?.({ publishing: room.epoch })
  while (!stopping().isSet) {
    room.send(String((count += 1)))
    await sleep(200)
  }
  process.send?.({ published: count })
  await sleep(500) // the last one leaves
}

await run(
  async () => {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    await using bus = redisBus(client)
    using room = new Room<string>({ name, history: 2000, bus })
    await room.ready()
    await (port === '0' ? publish(room) : serve(room))
    client.destroy()
  },
  { grace: 10_000 },
)
process.exit(0)
