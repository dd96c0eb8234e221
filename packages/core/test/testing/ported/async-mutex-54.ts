import { Future, gather, moveOnAfter, sleep, spawn } from '../../../src/index.ts'
import type { Ported } from './ported.ts'

/** A ticket of one who gave up is handed the lock all the same, and gives it back a turn later. */
class Mutex {
  readonly #mended: boolean
  readonly #line: Future<void>[] = []
  #locked = false

  constructor(mended: boolean) {
    this.#mended = mended
  }

  get locked(): boolean {
    return this.#locked
  }

  async acquire(ms: number): Promise<boolean> {
    if (!this.#locked) {
      this.#locked = true
      return true
    }
    const turn = new Future<void>()
    this.#line.push(turn)
    const { timedOut } = await moveOnAfter(ms, () => turn.wait())
    if (!timedOut) return true
    if (this.#mended) this.#line.splice(this.#line.indexOf(turn), 1)
    else spawn(() => turn.wait().then(() => this.release()), { name: 'ticket' })
    return false
  }

  release(): void {
    const next = this.#line.shift()
    if (next === undefined) this.#locked = false
    else next.resolve()
  }
}

export const asyncMutex54: Ported = {
  issue: 'DirtyHairy/async-mutex#54',
  what: 'after a wait has timed out, the lock stays locked for a while when it is released',
  program: (mended) => async () => {
    const mutex = new Mutex(mended)
    await mutex.acquire(0)
    let waiting = true
    await gather({
      holder: async () => {
        await sleep(50)
        mutex.release()
        if (mutex.locked && !waiting) throw new Error('released, and locked')
      },
      impatient: async () => {
        const mine = await mutex.acquire(60)
        waiting = false
        if (mine) mutex.release()
      },
    })
  },
}
