import { livingScope } from '../../kernel/current.ts'
import type { ClockEntry } from '../../kernel/clock.ts'
import { Waiter } from '../../kernel/records.ts'
import { PendingWake } from './pending-wake.ts'
import type { Places } from './places.ts'
import type { Schedule } from './schedule.ts'
import type { Trace } from './trace.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What a wake-up is seen against: the run that it is held in. */
interface Run {
  readonly clock: VirtualClock
  readonly trace: Trace
  readonly places: Places | undefined
}

/**
 * The wake-ups of one run that are held back until a schedule lets them through. A timer that is due is held
 * before it rings: until it is let through its wait may still be cancelled.
 */
export class HeldWakes {
  readonly #schedule: Schedule
  readonly #run: Run
  readonly #lateness: number
  /** Timers that are due and have not rung, by the wait that they end. */
  readonly #due = new Map<Waiter<never>, PendingWake>()
  #count = 0
  /** Whether time would have moved on past somebody who may not be so late. */
  bounded = false

  /** @param lateness how late one may be, in milliseconds of virtual time */
  constructor(schedule: Schedule, run: Run, lateness: number = Infinity) {
    this.#schedule = schedule
    this.#run = run
    this.#lateness = lateness
  }

  get size(): number {
    return this.#schedule.size
  }

  /** Those that were never let through. */
  get left(): readonly PendingWake[] {
    return this.#schedule.left
  }

  /** The outcome of a wait is decided; `pass` tells the one who waits. */
  add(waiter: Waiter<never>, pass: () => void): void {
    const due = this.#due.size === 0 ? undefined : this.#due.get(waiter)
    if (due === undefined) {
      this.#schedule.add(this.#newWake(waiter).decided(pass))
    } else {
      this.#due.delete(waiter)
      due.decided(pass)
    }
  }

  /** A timer is due; false when it ends no wait, and so rings at once. */
  addTimer(timer: ClockEntry): boolean {
    const waiter = waiterOf(timer)
    if (waiter?.state !== 'waiting') return false
    const held = this.#newWake(waiter).rings(() => timer.expire())
    this.#due.set(waiter, held)
    this.#schedule.add(held)
    return true
  }

  /**
   * Takes the next one; undefined when there is none, or when time is to move on first.
   *
   * @param mayMove whether time may move on at all
   */
  next(mayMove: boolean): PendingWake | undefined {
    if (this.#due.size > 0) this.#forgetDequeued()
    return this.#schedule.next(mayMove && this.#timeMayMove())
  }

  /** Time has jumped to the next timer, which may be one of this moment. */
  jumped(moved: boolean): void {
    this.#schedule.jumped(moved)
  }

  /** Nobody may be later than is allowed for, and a task that is to start is not late at all. */
  #timeMayMove(): boolean {
    const { eldest, hasStart } = this.#schedule
    const { next } = this.#run.clock
    if (next === undefined || hasStart) return false
    if (eldest === undefined) return true
    if (this.#lateness > 0 && next - eldest.since <= this.#lateness) return true
    this.bounded = true
    return false
  }

  /** Those whose wait was given up without anybody being told, as `select` does. */
  #forgetDequeued(): void {
    for (const [waiter, held] of this.#due) {
      if (waiter.state === 'waiting') continue
      this.#due.delete(waiter)
      this.#schedule.remove(held)
    }
  }

  #newWake(waiter: Waiter<never>): PendingWake {
    const { clock, trace, places } = this.#run
    const by = trace.kept ? livingScope()?.task : undefined
    const held = new PendingWake(waiter, ++this.#count, clock.now(), trace.length, by)
    if (places !== undefined) held.place = places.ofWait(waiter)
    return held
  }
}

/** The wait that a timer ends, if it ends one. */
function waiterOf(timer: ClockEntry): Waiter<never> | undefined {
  return timer instanceof Waiter ? timer : (timer as { waiter?: Waiter<never> }).waiter
}
