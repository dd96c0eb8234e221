import type { Runtime } from '../lowlevel.ts'

type Clock = Runtime['clock']

/** One timer that can be set again and again, in no scope: whoever sets it clears it. */
export class Timer {
  slot: number = -1
  order: number = 0
  at: number = Infinity
  readonly #onExpiry: () => void
  /** Where it is set. */
  #clock: Clock | undefined

  constructor(rang: () => void) {
    this.#onExpiry = rang
  }

  /** Sets it, or moves it; `Infinity` is never. */
  set(clock: Clock, at: number): void {
    if (this.#clock === clock && this.at === at) return
    this.clear()
    this.#clock = clock
    this.at = at
    clock.add(this)
  }

  clear(): void {
    this.#clock?.remove(this)
    this.#clock = undefined
  }

  /** Called by the clock. */
  expire(): void {
    this.#clock = undefined
    this.#onExpiry()
  }
}
