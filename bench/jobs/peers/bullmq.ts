import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { concurrency, type Engine } from '../engine.ts'
import type { JobInput } from '../engine.ts'

/** BullMQ; what Redis promises is decided by its server. */
export async function bullEngine(url: string): Promise<Engine> {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  const queue = new Queue('bench', { connection })
  await queue.waitUntilReady()
  return {
    add: async (input) => void (await queue.add('bench', input)),
    addMany: async (inputs) => {
      await queue.addBulk(inputs.map((data) => ({ name: 'bench', data })))
    },
    work: async (handle) => {
      const options = {
        connection: new Redis(url, { maxRetriesPerRequest: null }),
        concurrency,
      }
      const worker = new Worker('bench', async ({ data }) => handle(data as JobInput), options)
      await worker.waitUntilReady()
      return { stop: () => worker.close(true) }
    },
    [Symbol.asyncDispose]: async () => {
      await queue.close()
      connection.disconnect()
    },
  }
}
