import { refuse, requireDuration } from '../lowlevel.ts'
import { now, sleepUntil } from '../scope/sleep.ts'
import { stream } from './stream.ts'
import type { Stream } from './stream.ts'

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
 * The numbers of ticks, from 0, one every `ms` since the iteration started. It does not drift: the time of
 * a tick is counted from the start, unless `missed` is `delay`.
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
  return stream(function* () {
    let next = 0
    let due = now() + ms
    const give = (): number => {
      const tick = next++
      const time = now()
      due = (missed === 'delay' ? time : due) + ms
      if (missed === 'skip' && due <= time) {
        const late = Math.floor((time - due) / ms) + 1
        next += late
        due += late * ms
      }
      return tick
    }
    for (;;) yield now() < due ? sleepUntil(due).then(give) : give()
  })
}
