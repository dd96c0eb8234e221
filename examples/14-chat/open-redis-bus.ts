import { redisBus } from '@corral/ws'
import type { Bus } from '@corral/ws'
import { createClient } from 'redis'

/** A bus over Redis, with the connection that it publishes on. */
export async function openRedisBus(url: string): Promise<{ bus: Bus } & AsyncDisposable> {
  const client = createClient({ url })
  client.on('error', (error) => console.error('redis:', String(error)))
  await client.connect()
  const bus = redisBus(client)
  return {
    bus,
    [Symbol.asyncDispose]: async () => {
      await bus[Symbol.asyncDispose]()
      client.destroy()
    },
  }
}
