import { Future, gather, moveOnAfter, Semaphore, sleep } from '../../../src/index.ts'
import type { Planted } from './planted.ts'

/** A semaphore as it is often written by hand: whoever is cancelled after the grant takes it to the grave. */
class HandMade {
  #free = 1
  readonly #line: Future<void>[] = []

  async use<T>(fn: () => Promise<T>): Promise<T> {
    if (this.#free > 0) {
      this.#free -= 1
    } else {
      const turn = new Future<void>()
      this.#line.push(turn)
      await turn
    }
    try {
      return await fn()
    } finally {
      const next = this.#line.shift()
      if (next === undefined) this.#free += 1
      else next.resolve()
    }
  }
}

export const lostPermit: Planted = {
  what: 'a waiter times out, its place in line is served all the same, and the permit is gone',
  needs: 1,
  strategies: ['timeout', 'delay', 'time'],
  program: (mended) => async () => {
    const limit = mended ? new Semaphore(1) : new HandMade()
    const job = (): Promise<unknown> => moveOnAfter(100, () => limit.use(() => sleep(10)))
    await gather([job, job, job])
    await limit.use(async () => {})
  },
}
