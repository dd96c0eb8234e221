import { gather, moveOnAfter, now, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const requeue: Service = {
  what: 'a job whose heartbeat was late is given to another worker, and both complete it',
  program: (mended) => async () => {
    const job = { attempt: 0, beat: 0, state: 'queued' as 'queued' | 'running' | 'done' }
    const done: number[] = []
    async function worker(delay: number): Promise<void> {
      await sleep(delay)
      if (job.state !== 'queued') return
      job.state = 'running'
      job.beat = now()
      const attempt = ++job.attempt
      for (let i = 0; i < 3; i++) {
        await sleep(10)
        if (attempt === job.attempt) job.beat = now()
      }
      if (mended && attempt !== job.attempt) return
      job.state = 'done'
      done.push(attempt)
    }
    async function monitor(): Promise<void> {
      for (;;) {
        await sleep(15)
        if (job.state === 'running' && now() - job.beat > 25) job.state = 'queued'
      }
    }
    await moveOnAfter(200, () =>
      gather({
        monitor,
        a: () => worker(1),
        b: async () => {
          for (let i = 0; i < 5; i++) await worker(20)
        },
      }),
    )
    if (done.length > 1) throw new Error(`done by attempts ${done.join(' and ')}`)
  },
}
