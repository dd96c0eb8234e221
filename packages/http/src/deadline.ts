import type { Runtime } from 'corral/lowlevel'

type Clock = Runtime['clock']
type Timed = Parameters<Clock['add']>[0]

/**
 * One alarm for two limits: a moment that stays, and a phase that is started anew again and again. The
 * alarm is only ever moved to come earlier; one that rings too soon is set again. So a request that
 * ends in time costs one alarm, however many chunks it had.
 */
export class Deadline implements Timed {
  // What a clock keeps of a timer.
  slot = -1
  order = 0
  at: number = Infinity

  readonly #clock: Clock
  readonly #totalAt: number
  readonly #expired: (phaseOver: boolean) => void
  #phaseAt = Infinity
  #stopped = false

  /**
   * @param totalAt milliseconds since the epoch
   * @param expired told once which limit was reached: the phase's, or the total
   */
  constructor(clock: Clock, totalAt: number, expired: (phaseOver: boolean) => void) {
    this.#clock = clock
    this.#totalAt = totalAt
    this.#expired = expired
  }

  /** Starts a phase of `ms` milliseconds in place of the one before; `Infinity` for one without end. */
  phase(ms: number): void {
    if (this.#stopped) return
    this.#phaseAt = ms === Infinity ? Infinity : this.#clock.now() + ms
    const next = Math.min(this.#phaseAt, this.#totalAt)
    if (next < this.at) this.#arm(next)
  }

  stop(): void {
    this.#stopped = true
    if (this.slot >= 0) this.#clock.remove(this)
  }

  /** For the clock. */
  expire(): void {
    const now = this.#clock.now()
    this.at = Infinity
    const next = Math.min(this.#phaseAt, this.#totalAt)
    if (next > now) {
      this.#arm(next)
    } else {
      this.#stopped = true
      this.#expired(this.#phaseAt <= this.#totalAt)
    }
  }

  #arm(at: number): void {
    if (this.slot >= 0) this.#clock.remove(this)
    this.at = at
    this.#clock.add(this)
  }
}
