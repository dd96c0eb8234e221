import { PgBoss } from 'pg-boss'
import type { Engine, JobInput } from '../engine.ts'

/** pg-boss, with NOTIFY, batches and bursts. */
export async function pgBossEngine(url: string): Promise<Engine> {
  const boss = new PgBoss({ connectionString: url, useListenNotify: true })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue('bench', { notify: true })
  return {
    add: async (input) => void (await boss.send('bench', input)),
    addMany: async (inputs) => {
      await boss.insert(
        'bench',
        inputs.map((data) => ({ data })),
      )
    },
    work: async (handle) => {
      const options = {
        batchSize: 50,
        localConcurrency: 2,
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
      }
      await boss.work<JobInput>('bench', options, async (batch) => {
        for (const { data } of batch) handle(data)
      })
      return { stop: () => boss.offWork('bench') }
    },
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false }),
  }
}
