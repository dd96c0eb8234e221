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
  wake,
} from '../lowlevel.ts'
import type { Line } from '../lowlevel.ts'
import { currentTask } from '../scope/current-task.ts'
import { Task } from '../scope/task.ts'
import { Permit } from './permit.ts'

/**
 * A number of tokens that are lent, one to each borrower, first come first served. It knows who has
 * one: the current task, or whatever it is lent on behalf of, such as a connection or a worker.
 *
 * Cost: O(1) to acquire, to release and to leave the line, whatever its length.
 *
 * @example
 * const limiter = new CapacityLimiter(10)
 * using token = await limiter.acquire()
 * @see trio.CapacityLimiter, anyio.CapacityLimiter
 */
export class CapacityLimiter {
  static {
    tellOwners(this, (limiter) => {
      const borrowers = [...limiter.#borrowers].filter(([, token]) => token !== undefined)
      return borrowers.map(([borrower]) => borrower).filter((borrower) => borrower instanceof Task)
    })
  }

  readonly #line = new WaitQueue<Disposable>()
  /** The same line for its waiters, whose `data` are borrowers for as long as they stand in it. */
  readonly #lineOfBorrowers: Line = {
    add: (waiter: Waiter<Disposable>) => {
      this.#borrowers.set(waiter.data, undefined)
      this.#line.add(waiter)
    },
    remove: (waiter: Waiter<Disposable>) => this.#line.remove(waiter),
    left: (waiter) => this.#borrowers.delete(waiter.data),
  }
  /** Those who have a token, and, without one, those in line. */
  readonly #borrowers = new Map<unknown, Disposable | undefined>()
  #total: number
  #borrowed = 0

  /** @param total a whole number of at least 0, or `Infinity` */
  constructor(total: number) {
    requireLimit('CapacityLimiter: total', total, 0)
    this.#total = total
  }

  /** How many tokens there are. */
  get total(): number {
    return this.#total
  }

  /**
   * More: those in line are served at once. Fewer: what is borrowed is not taken away, nobody gets a
   * token until enough came back.
   */
  set total(total: number) {
    requireLimit('CapacityLimiter: total', total, 0)
    this.#total = total
    this.#serve()
  }

  /** How many tokens are lent. */
  get borrowed(): number {
    return this.#borrowed
  }

  /** How many stand in line. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Waits for a token. Dispose what it returns to give it back, or call `release`.
   *
   * Cancellation: leaves the line without a trace, or was lent the token and keeps it.
   *
   * @param borrower the current task if left out; anything compared by identity
   * @throws MisuseError when the borrower has a token or is in line for one
   */
  acquire(borrower: unknown = currentTask() ?? Symbol('nobody')): Promise<Disposable> {
    if (this.#borrowers.has(borrower)) return Promise.reject(this.#borrowedTwice(borrower))
    const scope = currentScope()
    if (scope.governor === undefined && this.#borrowed < this.#total && this.#line.size === 0) {
      return ready('CapacityLimiter.acquire', this, this.#lend(borrower), scope)
    }
    const waiter = new Waiter<Disposable>(
      'CapacityLimiter.acquire',
      this,
      this.#lineOfBorrowers,
      borrower,
    )
    return suspend(waiter, scope)
  }

  /**
   * Takes back the token of a borrower.
   *
   * @param borrower the current task if left out
   * @throws MisuseError when the borrower has none
   */
  release(borrower: unknown = currentTask()): void {
    const token = this.#borrowers.get(borrower)
    if (token === undefined) {
      throw new MisuseError(
        `CapacityLimiter.release: ${nameOf(borrower)} has no token; release it once, for the borrower that acquired it`,
      )
    }
    token[Symbol.dispose]()
  }

  /** Runs `fn` while the current task has a token. */
  async use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    requireFunction('CapacityLimiter.use: fn', fn)
    const token = await this.acquire()
    try {
      return await fn()
    } finally {
      token[Symbol.dispose]()
    }
  }

  #lend(borrower: unknown): Disposable {
    this.#borrowed += 1
    const token = new Permit(() => {
      this.#borrowed -= 1
      this.#borrowers.delete(borrower)
      this.#serve()
    }, 1)
    this.#borrowers.set(borrower, token)
    return token
  }

  #serve(): void {
    for (let next = this.#line.first; next !== undefined; next = this.#line.first) {
      if (this.#borrowed >= this.#total) return
      wake(next, this.#lend(next.data))
    }
  }

  #borrowedTwice(borrower: unknown): MisuseError {
    const held = this.#borrowers.get(borrower) !== undefined
    return new MisuseError(
      `CapacityLimiter.acquire: ${nameOf(borrower)} ${held ? 'has a token already' : 'is in line already'}; release it first, or name another borrower`,
    )
  }
}

function nameOf(borrower: unknown): string {
  return borrower instanceof Task ? `task ${borrower.name}` : describe(borrower)
}
