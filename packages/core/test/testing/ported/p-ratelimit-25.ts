import { Future, gather, now, sleep } from '../../../src/index.ts'
import type { Ported } from './ported.ts'

class RateLimit {
  readonly #mended: boolean
  readonly #queue: Future<void>[] = []
  active = 0

  constructor(mended: boolean) {
    this.#mended = mended
  }

  /** False when the call waited for longer than `maxDelay`. */
  async call(fn: () => Promise<void>, maxDelay: number): Promise<boolean> {
    if (this.active > 0) {
      const turn = new Future<void>()
      const since = now()
      this.#queue.push(turn)
      await turn
      if (now() - since > maxDelay) {
        if (this.#mended) this.#end()
        return false
      }
    } else {
      this.active += 1
    }
    await fn()
    this.#end()
    return true
  }

  #end(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.active -= 1
    else next.resolve()
  }
}

export const pRatelimit25: Ported = {
  issue: 'natesilva/p-ratelimit#25',
  what: 'a call that waited for too long keeps its slot when its turn comes at last',
  program: (mended) => async () => {
    const limit = new RateLimit(mended)
    const call = (): Promise<boolean> => limit.call(() => sleep(20), 50)
    await gather({ first: call, second: call, clock: () => sleep(100) })
    if (limit.active > 0) throw new Error('the slot is gone')
  },
}
