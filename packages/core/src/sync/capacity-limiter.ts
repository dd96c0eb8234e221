import { MisuseError } from '../errors.ts'
import { describe, requireFunction, requireLimit, tellOwners } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'
import { currentTask } from '../scope/current-task.ts'
import { Task } from '../scope/task.ts'
import { PermitQueue } from './permit-queue.ts'
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
    tellOwners(this, (limiter) =>
      [...limiter.#tokens.keys()].filter((borrower) => borrower instanceof Task),
    )
  }

  readonly #tokens = new Map<unknown, Disposable>()
  readonly #line = new BorrowerLine((borrower) => this.#lend(borrower))
  readonly #takeBack = ({ data: borrower }: Permit<unknown>): void => {
    this.#tokens.delete(borrower)
    this.#line.serve()
  }
  #total = 0

  /** @param total a whole number of at least 0, or `Infinity` */
  constructor(total: number) {
    this.total = total
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
    this.#line.serve()
  }

  /** How many tokens are lent. */
  get borrowed(): number {
    return this.#tokens.size
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
  acquire(borrower: unknown = currentTask() ?? {}): Promise<Disposable> {
    const held = this.#tokens.has(borrower)
    if (held || this.#line.borrowers.has(borrower)) {
      const error = new MisuseError(
        `CapacityLimiter.acquire: ${nameOf(borrower)} ${held ? 'has a token' : 'is in line'} already; release it first, or name another borrower`,
      )
      return Promise.reject(error)
    }
    return this.#line.acquire('CapacityLimiter.acquire', this, borrower)
  }

  /**
   * Takes back the token of a borrower.
   *
   * @param borrower the current task if left out
   * @throws MisuseError when the borrower has none
   */
  release(borrower: unknown = currentTask()): void {
    const token = this.#tokens.get(borrower)
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

  #lend(borrower: unknown): Disposable | undefined {
    if (this.#tokens.size >= this.#total) return undefined
    const token = new Permit(this.#takeBack, borrower)
    this.#tokens.set(borrower, token)
    return token
  }
}

/** Knows who stands in it, each as the `data` of its waiter. */
class BorrowerLine extends PermitQueue<unknown> {
  readonly borrowers = new Set<unknown>()

  override add(waiter: Waiter<Disposable>): void {
    this.borrowers.add(waiter.data)
    super.add(waiter)
  }

  override remove(waiter: Waiter<Disposable>): void {
    this.borrowers.delete(waiter.data)
    super.remove(waiter)
  }
}

function nameOf(borrower: unknown): string {
  return borrower instanceof Task ? `task ${borrower.name}` : describe(borrower)
}
