import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  ready,
  requireFunction,
  requireLimit,
  suspend,
  tellOwners,
  Waiter,
  WaitQueue,
} from '../lowlevel.ts'
import type { Line } from '../lowlevel.ts'
import type { Claim, LockState } from './lock-state.ts'
import { Lock, stateOf } from './lock.ts'
import type { OwnedPermit } from './owned-permit.ts'

/**
 * Waits for a state that a lock guards: `wait` lets the lock go until somebody notifies, and returns
 * with the lock held. Several conditions may share a lock.
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
    tellOwners(this, (condition) => stateOf(condition.lock).owners())
  }

  /** Acquire it before everything else. */
  readonly lock: Lock
  readonly #line = new WaitQueue<Disposable>()

  /** @param lock a new one if left out */
  constructor(lock: Lock = new Lock()) {
    if (!(lock instanceof Lock)) {
      throw new MisuseError(`Condition: lock must be a Lock, got ${describe(lock)}`)
    }
    this.lock = lock
  }

  /** How many wait and are not notified yet. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Lets the lock go, waits to be notified, and takes the lock again.
   *
   * Cancellation: waits for the lock all the same, so that it is held when this throws. Once notified
   * it is not cut short: it returns, and the cancellation comes at the next wait.
   *
   * @throws MisuseError when the current task does not hold the lock
   * @throws BrokenError when a task ended while it held the lock; only then it is not held
   */
  wait(): Promise<void> {
    return this.#wait('Condition.wait')
  }

  /**
   * Waits until `predicate` holds, and returns its answer. It is asked at once, and each time this is
   * notified, with the lock held; if it holds at once the lock is not needed.
   *
   * Cancellation: as in `wait`; in a cancelled scope it is not asked.
   *
   * @param predicate answers at once; what counts as true in an `if` ends the wait
   * @throws MisuseError when it has to wait and the current task does not hold the lock
   */
  async waitFor<T>(predicate: () => T): Promise<T> {
    requireFunction('Condition.waitFor: predicate', predicate)
    const scope = currentScope()
    if (scope.governor !== undefined) await suspend(new Waiter('Condition.waitFor', this), scope)
    let answer = askNow(predicate)
    if (answer) return ready('Condition.waitFor', this, answer, scope)
    while (!answer) {
      await this.#wait('Condition.waitFor')
      answer = askNow(predicate)
    }
    return answer
  }

  /**
   * Lets the first `n` in line go on, once the lock is free. Fewer in line are no error.
   *
   * @param n a whole number of at least 0, or `Infinity`
   * @throws MisuseError when the current task does not hold the lock
   */
  notify(n = 1): void {
    requireLimit('Condition.notify: n', n, 0)
    this.#notify('Condition.notify', n)
  }

  /** Lets everybody in line go on, one after the other. */
  notifyAll(): void {
    this.#notify('Condition.notifyAll', Infinity)
  }

  #notify(api: string, n: number): void {
    stateOf(this.lock).requireHolder(api, currentScope().task)
    const { first } = this.#line
    for (let left = n, next = first; left > 0 && next !== undefined; next = this.#line.first) {
      ;(next.data as Place).notify(next)
      left -= 1
    }
  }

  async #wait(api: string): Promise<void> {
    const scope = currentScope()
    if (scope.governor !== undefined) await suspend(new Waiter(api, this), scope)
    const state = stateOf(this.lock)
    const permit = state.requireHolder(api, scope.task)
    state.park(permit)
    const place = new Place(this.#line, state, permit)
    try {
      await suspend(new Waiter<Disposable>(api, this, place, place), scope)
    } catch (error) {
      await state.reclaim(permit)
      throw error
    }
  }
}

/** Where one waiter stands: in line for a notification, and when notified, for the lock. */
class Place implements Line, Claim {
  /** What it comes back with. */
  readonly permit: OwnedPermit
  readonly #line: WaitQueue<Disposable>
  readonly #lock: LockState
  #notified = false

  constructor(line: WaitQueue<Disposable>, lock: LockState, permit: OwnedPermit) {
    this.#line = line
    this.#lock = lock
    this.permit = permit
  }

  add(waiter: Waiter<Disposable>): void {
    this.#lock.asleep.add(waiter)
    this.#line.add(waiter)
  }

  remove(waiter: Waiter<Disposable>): void {
    if (this.#notified) {
      this.#lock.line.remove(waiter)
    } else {
      this.#lock.asleep.delete(waiter)
      this.#line.remove(waiter)
    }
  }

  /** Given up though notified, for another case of a `select`: the notification goes to the next. */
  left(): void {
    const next = this.#notified ? this.#line.first : undefined
    if (next !== undefined) (next.data as Place).notify(next)
  }

  /** From here on it is granted what it waited for, though the lock is still to come. */
  notify(waiter: Waiter<Disposable>): void {
    this.remove(waiter)
    this.#notified = true
    waiter.shielded = true
    this.#lock.line.add(waiter)
  }
}

function askNow<T>(predicate: () => T): T {
  const answer = predicate()
  if (typeof (answer as PromiseLike<unknown> | undefined)?.then !== 'function') return answer
  throw new MisuseError(
    'Condition.waitFor: predicate must answer at once, got a promise (object); wait for it before or after',
  )
}
