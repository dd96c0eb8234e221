import type { Runtime } from 'corral/lowlevel'

type Clock = Runtime['clock']
type Timed = Parameters<Clock['add']>[0]

/** One thing to do later, unless something else is set or it is cleared. */
export class Alarm implements Timed {
  // What a clock keeps of a timer.
  slot = -1
  order = 0
  at: number = Infinity

  #clock: Clock | undefined
  #act: (() => void) | undefined

  /** @param ms from now; `Infinity` for never */
  set(clock: Clock, ms: number, act: () => void): void {
    this.clear()
    this.#clock = clock
    this.#act = act
    this.at = clock.now() + ms
    clock.add(this)
  }

  clear(): void {
    if (this.slot >= 0) this.#clock?.remove(this)
    this.#act = undefined
  }

  /** For the clock. */
  expire(): void {
    const act = this.#act
    this.#act = undefined
    act?.()
  }
}
