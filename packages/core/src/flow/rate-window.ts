import { RingBuffer } from '../lowlevel.ts'
import type { Runtime } from '../lowlevel.ts'

type Clock = Runtime['clock']

/** What was taken within one stretch of time; it counts from the last moment of it. */
interface Taken {
  readonly first: number
  last: number
  amount: number
}

/** What sums of milliseconds since the epoch may be wrong by. */
const BLUR = 0.01

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
  readonly #interval: number
  readonly #burst: number
  /** How much may be taken in each interval. */
  limit: number
  #clock: Clock | undefined
  #log = new RingBuffer<Taken>()
  #sum = 0
  #earned = -Infinity

  constructor(limit: number, interval: number, burst: number) {
    this.#interval = interval
    this.#burst = burst
    this.limit = limit
  }

  /** How much may be taken at once. */
  get most(): number {
    return this.limit + this.#burst
  }

  /** How long it takes to earn 1 back; nothing when the second rule is implied. */
  get #each(): number {
    return this.#burst === 0 ? 0 : this.#interval / this.limit
  }

  /** From now on; what has yet to be earned back is earned at the new pace. */
  setLimit(limit: number, clock: Clock): void {
    const now = this.#forget(clock)
    const before = this.#each
    this.limit = limit
    const left = this.#earned - now
    if (before > 0 && left > 0) this.#earned = now + (left / before) * this.#each
  }

  /** Takes `cost` if the rules allow it at this moment; if not, tells the moment to look again. */
  take(clock: Clock, cost: number): number | undefined {
    const { most } = this
    if (most === Infinity) return undefined
    const now = this.#forget(clock)
    if (cost > most) return Infinity // the limit was lowered meanwhile
    const full = this.#sum + cost > most
    const room = full ? (this.#log.at(0) as Taken).last + this.#interval : now
    const earned = this.#earned - (most - cost) * this.#each
    const again = earned > now + BLUR ? Math.max(room, earned) : room
    if (again > now) return again
    this.#sum += cost
    this.#earned = Math.max(this.#earned, now) + cost * this.#each
    const { size } = this.#log
    const newest = this.#log.at(size - 1)
    if (newest !== undefined && now - newest.first <= (size < CROWD ? 0 : this.#interval / CROWD)) {
      newest.last = now
      newest.amount += cost
    } else {
      this.#log.push({ first: now, last: now, amount: cost })
    }
    return undefined
  }

  /** Whether nothing that was taken matters any more. */
  forgotten(clock: Clock): boolean {
    const now = this.#forget(clock)
    return this.#sum === 0 && this.#earned <= now
  }

  /** Drops what has left the interval that ends now; another clock than before knows of nothing. */
  #forget(clock: Clock): number {
    if (clock !== this.#clock) {
      this.#clock = clock
      this.#log = new RingBuffer()
      this.#sum = 0
      this.#earned = -Infinity
    }
    const now = clock.now()
    for (let oldest = this.#log.at(0); oldest !== undefined; oldest = this.#log.at(0)) {
      if (oldest.last + this.#interval > now) break
      this.#sum -= oldest.amount
      this.#log.shift()
    }
    return now
  }
}
