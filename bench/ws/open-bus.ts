import { connect as connectNats } from '@nats-io/transport-node'
import { natsBus, redisBus } from '@corral/ws'
import type { Bus } from '@corral/ws'
import { postgresBus } from '@corral/ws/postgres'
import { createClient } from 'redis'

/** A bus of this kind, closed with the stack; none for other names. */
export async function openBus(
  kind: string,
  url: string,
  stack: AsyncDisposableStack,
): Promise<Bus | undefined> {
  if (kind === 'Redis') {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    stack.defer(() => client.destroy())
    return stack.use(redisBus(client))
  }
  if (kind === 'NATS') {
    const options = { servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 200 }
    const connection = await connectNats(options)
    stack.defer(() => connection.close())
    return natsBus(connection)
  }
  if (kind === 'PostgreSQL') return stack.use(postgresBus(url))
  return undefined
}
