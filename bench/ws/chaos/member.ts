// node member.ts <bus> <url> <history> [port]: a process with a room, alone or on a bus. It sends on demand and says how things are.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openWebSocketServer, Room, websocket } from '@corral/ws'
import { currentSignal, run, sleep, stopping, taskGroup } from 'corral'
import { openBus } from '../open-bus.ts'

const [, , kind = 'none', url = '', history = '10000', port = '0'] = process.argv

/** What is asked of it: so many messages in turns of `perTurn`, `every` milliseconds; or how it is. */
export interface Order {
  readonly count: number
  readonly perTurn: number
  readonly every: number
  /** Bytes that a message has beside its number. */
  readonly size?: number
}

/** How it is. */
export interface State {
  readonly epoch: string
  readonly sent: number
  readonly positions: Readonly<Record<string, number>>
  readonly connections: number
  readonly members: number
  readonly handlers: number
  readonly timers: number
  readonly sockets: number
  readonly heap: number
  readonly rss: number
}

await run(
  async () => {
    await using stack = new AsyncDisposableStack()
    const bus = await openBus(kind, url, stack)
    const options = { name: 'chaos', history: Number(history) }
    using room = new Room<string>(bus === undefined ? options : { ...options, bus })
    let [handlers, sent] = [0, 0]
    const acceptor = websocket(
      async (socket) => {
        handlers += 1
        try {
          using _seat = room.join(socket)
          for await (const text of socket) room.send(text)
        } finally {
          handlers -= 1
        }
      },
      { drainSpread: 3000 },
    )
    const http = createServer()
    await using sockets = openWebSocketServer(http, acceptor)
    http.listen(Number(port), '127.0.0.1', 4096)
    await once(http, 'listening', { signal: currentSignal() })
    const state = (): State => {
      globalThis.gc?.()
      globalThis.gc?.()
      const { heapUsed, external, rss } = process.memoryUsage()
      const active = process.getActiveResourcesInfo()
      return {
        epoch: room.epoch,
        sent,
        positions: room.positions(),
        connections: sockets.live,
        members: room.size,
        handlers,
        timers: active.filter((one) => one === 'Timeout').length,
        sockets: active.filter((one) => one === 'TCPSocketWrap').length,
        heap: heapUsed + external,
        rss,
      }
    }
    await taskGroup(async (group) => {
      const send = async ({ count, perTurn, every, size = 0 }: Order): Promise<void> => {
        for (let i = 0; i < count && !stopping().isSet; i += perTurn) {
          for (let k = 0; k < perTurn; k++) {
            room.send(`${room.epoch} ${(sent += 1)} ${'x'.repeat(size)}`)
          }
          await sleep(every)
        }
        process.send?.({ done: sent })
      }
      const sending = group.callback(send)
      const onMessage = (order: Order | 'state'): void => {
        if (order === 'state') process.send?.(state())
        else void sending(order)
      }
      process.on('message', onMessage)
      process.on('disconnect', () => process.exit(0))
      process.send?.({ port: (http.address() as AddressInfo).port, epoch: room.epoch })
      await stopping().wait()
      http.close()
      await sockets.drain({ grace: 6000 })
      process.off('message', onMessage)
    })
  },
  { grace: 10_000 },
)
process.exit(0)
