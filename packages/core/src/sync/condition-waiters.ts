import { WaitQueue } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'
import type { LockState } from './lock-state.ts'

/**
 * Those who wait for a condition, each with the permit that it comes back with as `data`. One that was
 * notified is shielded by that, and stands in the line of the lock instead.
 */
export class ConditionWaiters extends WaitQueue<Disposable> {
  readonly #lock: LockState

  constructor(lock: LockState) {
    super()
    this.#lock = lock
  }

  override add(waiter: Waiter<Disposable>): void {
    this.#lock.asleep.add(waiter)
    super.add(waiter)
  }

  override remove(waiter: Waiter<Disposable>): void {
    if (waiter.shielded) return this.#lock.line.remove(waiter)
    this.#lock.asleep.delete(waiter)
    super.remove(waiter)
  }

  /** Given up though notified, for another case of a `select`: the notification goes to the next. */
  override left(waiter: Waiter<Disposable>): void {
    if (waiter.shielded) this.notify()
  }

  /** From here on the first is granted what it waited for, though the lock is still to come. */
  notify(): void {
    const next = this.first
    if (next === undefined) return
    this.remove(next)
    next.shielded = true
    this.#lock.line.add(next)
  }
}
