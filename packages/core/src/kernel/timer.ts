import type { Clock, ClockEntry } from './clock.ts'

/**
 * One timer that can be set again and again, in no scope: whoever sets it clears it. It keeps the process alive only
 * while it is set.
 */
export class Timer implements ClockEntry {
  slot: number = -1
  order: number = 0
  at: number = Infinity
  readonly #onExpiry: () => void
  /** Where it is set. */
  #clock: Clock | undefined

  /** @param onExpiry called when it rings, at the root: it must be quick, and not throw */
  constructor(onExpiry: () => void) {
    this.#onExpiry = onExpiry
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
