import { gather, Queue } from '../../../src/index.ts'
import { failpoint, FailpointError } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const shutdownLosesItem: Planted = {
  what: 'the worker sees the flag and stops while an accepted job is on its way into the queue',
  needs: 1,
  program: (mended) => async () => {
    const queue = new Queue<string>()
    let stopping = false
    let accepting = 0
    const [accepted, done]: [string[], string[]] = [[], []]
    const accept = async (job: string): Promise<void> => {
      if (stopping) return
      accepting += 1
      accepted.push(job)
      await failpoint('journal.append')
      queue.tryPut(job)
      accepting -= 1
      if (mended && stopping && accepting === 0) queue.close()
    }
    const work = async (): Promise<void> => {
      for await (const job of queue) done.push(job)
    }
    const stop = async (): Promise<void> => {
      for (const step of ['signal', 'log.write', 'metrics.flush']) await failpoint(step)
      stopping = true
      if (!mended || accepting === 0) queue.close()
    }
    await gather({ accept: () => accept('invoice'), work, stop }).catch((error: unknown) => {
      if (error instanceof FailpointError) throw error // it ends early, and says so
    })
    if (done.length !== accepted.length) throw new Error('an accepted job was lost')
  },
}
