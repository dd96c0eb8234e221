import { RingBuffer } from '../lowlevel.ts'
import type { Runtime } from '../lowlevel.ts'

type Clock = Runtime['clock']

/** What was taken within one stretch of time; it counts from the last moment of it. */
interface Taken {
  readonly first: number
  last: number
  amount: number
}

/** From so many entries on, those that are close together become one. */
const CROWD = 1024

/**
 * The arithmetic of a rate limiter. Two rules hold at the same time:
 *
 *   in any interval     at most limit + burst was taken     (a log of the last interval)
 *   up to any moment    at most limit + burst, and limit for each interval that has passed
 *
 * Without a burst the first rule implies the second. The second one is kept as the moment at which
 * everything will have been earned back (`earned`), as in GCRA.
 */
export class RateWindow {
  readonly #limit: number
  readonly #interval: number
  readonly #burst: number
  #log = new RingBuffer<Taken>()
  #newest: Taken | undefined
  #sum = 0
  #earned = -Infinity
  #clock: Clock | undefined

  constructor(limit: number, interval: number, burst: number) {
    this.#limit = limit
    this.#interval = interval
    this.#burst = burst
  }

  /** Takes `cost` if the rules allow it at this moment. */
  take(clock: Clock, cost: number): boolean {
    if (this.#limit + this.#burst === Infinity) return true
    const now = this.#forget(clock)
    if (this.#sum + cost > this.#limit + this.#burst || this.#earnedBack(cost) > now) return false
    const newest = this.#newest
    if (newest !== undefined && this.#fits(newest, now)) {
      newest.last = now
      newest.amount += cost
    } else {
      this.#newest = { first: now, last: now, amount: cost }
      this.#log.push(this.#newest)
    }
    this.#sum += cost
    this.#earned = Math.max(this.#earned, now) + (cost * this.#interval) / this.#limit
    return true
  }

  /** A moment before which `cost` cannot be taken, to look again; to be asked when `take` refused. */
  next(clock: Clock, cost: number): number {
    const oldest = this.#log.at(0)
    const roomy = this.#sum + cost <= this.#limit + this.#burst || oldest === undefined
    const room = roomy ? clock.now() : oldest.last + this.#interval
    return Math.max(room, this.#earnedBack(cost))
  }

  /** Whether nothing that was taken matters any more. */
  forgotten(clock: Clock): boolean {
    const now = this.#forget(clock)
    return this.#sum === 0 && (this.#burst === 0 || this.#earned <= now)
  }

  /** When enough has been earned back to take `cost`. */
  #earnedBack(cost: number): number {
    if (this.#burst === 0) return -Infinity
    const each = this.#interval / this.#limit
    return this.#earned + cost * each - (this.#limit + this.#burst) * each
  }

  #fits(newest: Taken, now: number): boolean {
    if (newest.last === now) return true
    return this.#log.size >= CROWD && now - newest.first < this.#interval / CROWD
  }

  /** Drops what has left the interval that ends now; another clock than before knows of nothing. */
  #forget(clock: Clock): number {
    if (clock !== this.#clock) {
      this.#clock = clock
      this.#log = new RingBuffer()
      this.#newest = undefined
      this.#sum = 0
      this.#earned = -Infinity
    }
    const now = clock.now()
    for (let oldest = this.#log.at(0); oldest !== undefined; oldest = this.#log.at(0)) {
      if (oldest.last + this.#interval > now) break
      this.#sum -= oldest.amount
      this.#log.shift()
      if (oldest === this.#newest) this.#newest = undefined
    }
    return now
  }
}
