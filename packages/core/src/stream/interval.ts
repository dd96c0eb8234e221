import { requireDuration } from '../lowlevel.ts'
import { now, sleepUntil } from '../scope/sleep.ts'
import { END } from './cursor.ts'
import type { Cursor, End } from './cursor.ts'
import { refuse } from './refuse.ts'
import { Stream } from './stream.ts'

/** What becomes of ticks that nobody asked for in time. */
export type Missed = 'burst' | 'delay' | 'skip'

export interface IntervalOptions {
  /**
   * Ticks that nobody asked for in time come at once, one after the other (`burst`, default), or only one of
   * them, and the next one `ms` after it (`delay`) or when it would have come anyway (`skip`).
   */
  readonly missed?: Missed
}

/**
 * The numbers of ticks, from 0, one each `ms` from when the walk began. It does not drift: the time of a
 * tick is counted from the beginning, unless `missed` is `delay`.
 *
 * Cancellation: ends the wait for a tick; no timer is left.
 *
 * @param ms more than 0
 * @example
 * for await (const tick of interval(1000, { missed: 'skip' }).take(3)) console.log(tick)
 * @see tokio's Interval and MissedTickBehavior
 */
export function interval(ms: number, options: IntervalOptions = {}): Stream<number> {
  const { missed = 'burst' } = options
  requireDuration('interval: ms', ms)
  if (ms === 0) refuse('interval: ms', 'more than 0', ms)
  if (!['burst', 'delay', 'skip'].includes(missed)) {
    refuse('interval: missed', "'burst', 'delay' or 'skip'", missed)
  }
  return new Stream({ open: () => new Interval(ms, missed) })
}

class Interval implements Cursor<number> {
  readonly #ms: number
  readonly #missed: Missed
  #tick = 0
  #due: number
  #closed = false

  constructor(ms: number, missed: Missed) {
    this.#ms = ms
    this.#missed = missed
    this.#due = now() + ms
  }

  next(): number | End | Promise<number> {
    if (this.#closed) return END
    return now() < this.#due ? sleepUntil(this.#due).then(this.#take) : this.#take()
  }

  close(): void {
    this.#closed = true
  }

  readonly #take = (): number => {
    const tick = this.#tick++
    const time = now()
    this.#due = (this.#missed === 'delay' ? time : this.#due) + this.#ms
    if (this.#missed === 'skip' && this.#due <= time) {
      const missed = Math.floor((time - this.#due) / this.#ms) + 1
      this.#tick += missed
      this.#due += missed * this.#ms
    }
    return tick
  }
}
