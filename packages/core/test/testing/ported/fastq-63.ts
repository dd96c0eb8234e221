import { Event, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Ported } from './ported.ts'

class TaskQueue {
  readonly #mended: boolean
  #drain = new Event()
  #running = 0

  constructor(mended: boolean) {
    this.#mended = mended
  }

  async push(task: () => Promise<void>): Promise<void> {
    this.#running += 1
    await task()
    this.#running -= 1
    if (this.#running > 0) return
    this.#drain.set()
    this.#drain = new Event()
  }

  async drained(): Promise<void> {
    if (this.#mended && this.#running === 0) return
    await this.#drain.wait()
  }
}

export const fastq63: Ported = {
  issue: 'mcollina/fastq#63',
  what: 'drained() of a queue that has just become empty never resolves',
  program: (mended) => async () => {
    const queue = new TaskQueue(mended)
    await gather({
      worker: () =>
        queue.push(async () => {
          for (const step of ['image.read', 'image.resize', 'image.write']) await failpoint(step)
        }),
      closer: async () => {
        await failpoint('signal')
        await queue.drained()
      },
    })
  },
}
