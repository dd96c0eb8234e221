import { Future, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Ported } from './ported.ts'

class Limit {
  readonly #mended: boolean
  readonly #queue: Future<void>[] = []
  #active = 0

  constructor(mended: boolean) {
    this.#mended = mended
  }

  async run(fn: () => Promise<void>): Promise<void> {
    if (this.#active > 0) {
      const turn = new Future<void>()
      this.#queue.push(turn)
      await turn
    }
    this.#active += 1
    try {
      await fn()
    } finally {
      this.#active -= 1
      this.#queue.shift()?.resolve()
    }
  }

  clearQueue(): void {
    for (const turn of this.#queue.splice(0)) {
      if (this.#mended) turn.reject(new Error('the queue was cleared'))
    }
  }
}

export const pLimit25: Ported = {
  issue: 'sindresorhus/p-limit#25',
  what: 'clearQueue leaves the promises of the calls that were queued pending for ever',
  program: (mended) => async () => {
    const limit = new Limit(mended)
    const call = (name: string) => limit.run(() => failpoint(name)).catch(() => {})
    await gather({
      first: () => call('upload a'),
      second: () => call('upload b'),
      abort: async () => {
        for (const step of ['click', 'dialog', 'confirm', 'animate', 'close']) await failpoint(step)
        limit.clearQueue()
      },
    })
  },
}
