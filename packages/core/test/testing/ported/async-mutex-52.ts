import { Future, gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Ported } from './ported.ts'

class Mutex {
  readonly #mended: boolean
  #locked = false
  readonly #line: Future<void>[] = []
  #watchers: Future<void>[] = []

  constructor(mended: boolean) {
    this.#mended = mended
  }

  get locked(): boolean {
    return this.#locked
  }

  async acquire(): Promise<void> {
    if (!this.#locked) {
      this.#locked = true
      return
    }
    const turn = new Future<void>()
    this.#line.push(turn)
    await turn
  }

  release(): void {
    const next = this.#line.shift()
    if (next === undefined) this.#locked = false
    else next.resolve()
    if (this.#mended && this.#locked) return
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher.resolve()
  }

  async waitForUnlock(): Promise<void> {
    while (this.#locked) {
      const unlocked = new Future<void>()
      this.#watchers.push(unlocked)
      await unlocked
      if (!this.#mended) return
    }
  }
}

export const asyncMutex52: Ported = {
  issue: 'DirtyHairy/async-mutex#52',
  what: 'waitForUnlock resolves while somebody from the line has the lock',
  program: (mended) => async () => {
    const mutex = new Mutex(mended)
    const use = async (name: string): Promise<void> => {
      await mutex.acquire()
      await failpoint(name)
      mutex.release()
    }
    await gather({
      first: () => use('write a'),
      watcher: async () => {
        await mutex.waitForUnlock()
        if (mutex.locked) throw new Error('unlocked, and locked')
      },
      second: async () => {
        for (const step of ['http.read', 'body.parse', 'auth.check']) await failpoint(step)
        await use('write b')
      },
    })
  },
}
