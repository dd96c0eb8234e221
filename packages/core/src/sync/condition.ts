import { MisuseError } from '../errors.ts'
import {
  describe,
  handled,
  isUncancelled,
  nameResource,
  ready,
  requireFunction,
  requireLimit,
  suspend,
  tellOwners,
  tellStats,
  Waiter,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { ConditionWaiters } from './condition-waiters.ts'
import type { LockState } from './lock-state.ts'
import { Lock, stateOf } from './lock.ts'

/**
 * Waits for a state guarded by a lock: `wait` releases the lock until it is notified, and returns with the
 * lock held. Several conditions may share a lock.
 *
 * Cost: O(1) to wait, to leave, and for each that is notified.
 *
 * @example
 * using held = await condition.lock.acquire()
 * await condition.waitFor(() => items.length > 0)
 * @see asyncio.Condition, trio.Condition
 */
export class Condition {
  static {
    // Whoever has the lock has to notify, or to let go for those notified: either way it is waited for.
    tellOwners(this, (condition) => condition.#state.owners())
    tellStats(this, (condition) => ({
      ...condition.#state.stats('Condition'),
      waiting: condition.waiting,
    }))
  }

  /** Acquire it before everything else. */
  readonly lock: Lock
  readonly #state: LockState
  readonly #waiters: ConditionWaiters

  /** @param lock a new one if left out */
  constructor(lock: Lock = new Lock(), options?: ResourceOptions) {
    if (!(lock instanceof Lock)) {
      throw new MisuseError(`Condition: lock must be a Lock, got ${describe(lock)}`)
    }
    nameResource('Condition', this, options)
    this.lock = lock
    this.#state = stateOf(lock)
    this.#waiters = new ConditionWaiters(this.#state)
  }

  /** How many wait and are not notified yet. */
  get waiting(): number {
    return this.#waiters.size
  }

  /**
   * Releases the lock, waits to be notified, and takes the lock again.
   *
   * Cancellation: waits for the lock all the same, so that it is held when this throws. Once notified
   * it is not cut short: it returns, and the cancellation comes at the next wait.
   *
   * @throws MisuseError when nobody holds the lock
   * @throws BrokenError when a task ended while it held the lock; only then it is not held
   */
  wait(): Promise<void> {
    return handled(() => this.#wait('Condition.wait'))
  }

  /**
   * Waits until `predicate` holds, and returns its answer. It is asked at once, and each time this is
   * notified, with the lock held; if it holds at once the lock is not needed.
   *
   * Cancellation: as in `wait`; in a cancelled scope it is not asked.
   *
   * @param predicate answers at once; what counts as true in an `if` ends the wait
   * @throws MisuseError when it has to wait and nobody holds the lock
   */
  waitFor<T>(predicate: () => T): Promise<T> {
    return handled(async () => {
      requireFunction('Condition.waitFor: predicate', predicate)
      if (!isUncancelled()) await suspend(new Waiter('Condition.waitFor', this))
      let answer = askNow(predicate)
      if (answer) return ready('Condition.waitFor', this, answer)
      while (!answer) {
        await this.#wait('Condition.waitFor')
        answer = askNow(predicate)
      }
      return answer
    })
  }

  /**
   * Wakes the first `n` in line, once the lock is free. It is no error if there are fewer.
   *
   * @param n a whole number of at least 0, or `Infinity`
   * @throws MisuseError when nobody holds the lock
   */
  notify(n = 1): void {
    requireLimit('Condition.notify: n', n, 0)
    this.#notify('Condition.notify', n)
  }

  /** Wakes everybody in line, one after the other. */
  notifyAll(): void {
    this.#notify('Condition.notifyAll', Infinity)
  }

  #notify(api: string, n: number): void {
    this.#state.requireHolder(api)
    for (let left = n; left > 0 && this.waiting > 0; left--) this.#waiters.notify()
  }

  async #wait(api: string): Promise<void> {
    if (!isUncancelled()) await suspend(new Waiter(api, this))
    const permit = this.#state.requireHolder(api)
    permit.park()
    try {
      await suspend(new Waiter<Disposable>(api, this, this.#waiters, permit))
    } catch (error) {
      await this.#state.reclaim(permit)
      throw error
    }
  }
}

function askNow<T>(predicate: () => T): T {
  const answer = predicate()
  if (typeof (answer as PromiseLike<unknown> | undefined)?.then !== 'function') return answer
  throw new MisuseError(
    'Condition.waitFor: predicate must answer at once, got a promise (object); wait for it before or after',
  )
}
