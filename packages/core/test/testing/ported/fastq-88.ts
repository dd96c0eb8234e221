import { Event, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Ported } from './ported.ts'

/** A push takes its place in the queue only in the next turn, and the queue looks idle until then. */
class TaskQueue {
  readonly #mended: boolean
  readonly #drain = new Event()
  #running = 0
  #pushed = 0

  constructor(mended: boolean) {
    this.#mended = mended
  }

  async push(task: () => Promise<void>): Promise<void> {
    this.#pushed += 1
    await failpoint('next turn')
    this.#running += 1
    await task()
    this.#running -= 1
    this.#pushed -= 1
    if (this.#pushed === 0) this.#drain.set()
  }

  async drained(): Promise<void> {
    const idle = this.#mended ? this.#pushed === 0 : this.#running === 0
    if (!idle) await this.#drain.wait()
  }
}

export const fastq88: Ported = {
  issue: 'mcollina/fastq#88',
  what: 'drained() resolves before the work that was pushed has been done',
  program: (mended) => async () => {
    const queue = new TaskQueue(mended)
    let done = 0
    let pushed = 0
    await gather({
      producer: async () => {
        pushed += 1
        await queue.push(async () => {
          await failpoint('send mail')
          done += 1
        })
      },
      closer: async () => {
        for (const step of ['signal', 'log']) await failpoint(step)
        const before = pushed
        await queue.drained()
        if (done < before) throw new Error('drained, and a mail was not sent')
      },
    })
  },
}
