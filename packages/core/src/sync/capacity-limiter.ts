import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  nameResource,
  refused,
  requireFunction,
  requireLimit,
  tellOwners,
  tellStats,
} from '../lowlevel.ts'
import type { ResourceOptions, ScopeNode, TaskRecord, Waiter } from '../lowlevel.ts'
import { Task } from '../scope/task.ts'
import { PermitQueue } from './permit-queue.ts'
import { Permit } from './permit.ts'
import { dispose, whileHeld } from './while-held.ts'

/**
 * A number of tokens to lend, first come, first served. It knows who has one: the current task, or
 * whatever the token is lent on behalf of, such as a connection or a worker.
 *
 * A task may have several, since callbacks share one; each key has one at the most. Cost: O(1) to
 * acquire, to release and to leave the line, whatever its length.
 *
 * @example
 * const limiter = new CapacityLimiter(10)
 * using token = await limiter.acquire()
 * @see trio.CapacityLimiter, anyio.CapacityLimiter
 */
export class CapacityLimiter {
  static {
    tellOwners(this, (limiter) => limiter.#owners())
    tellStats(this, (limiter) => ({
      type: 'CapacityLimiter',
      capacity: limiter.#total,
      held: limiter.#borrowed,
      holdersUnknown: limiter.#strangers > 0,
      waiting: limiter.waiting,
    }))
  }

  /** Those lent on behalf of a key. */
  readonly #byKey = new Map<unknown, Token>()
  /** The latest of those lent to a task, or outside any, which lead on to the earlier ones. */
  readonly #byTask = new Map<TaskRecord | undefined, Token>()
  readonly #line = new BorrowerLine((key, scope) => this.#lend(key, scope ?? currentScope()))
  readonly #takeBack = (token: Permit<unknown>): void => this.#end(token as Token)
  #total = 0
  #borrowed = 0
  /** How many of them were lent to no task. */
  #strangers = 0

  /** @param total a whole number of at least 0, or `Infinity` */
  constructor(total: number, options?: ResourceOptions) {
    this.total = total
    nameResource('CapacityLimiter', this, options)
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
   * @param borrower a key, compared by identity; if left out the current task, which may have several
   * @throws MisuseError when the key has a token or is in line for one
   */
  acquire(borrower?: unknown): Promise<Disposable> {
    if (borrower !== undefined) {
      const held = this.#byKey.has(borrower)
      if (held || this.#line.keys.has(borrower)) {
        const error = new MisuseError(
          `CapacityLimiter.acquire: ${nameOf(borrower)} ${held ? 'has a token' : 'is in line'} already; release it first, or name another borrower`,
        )
        return Promise.reject(error)
      }
    }
    return this.#line.acquire('CapacityLimiter.acquire', this, borrower)
  }

  /**
   * Takes back the token of a borrower; without a key the latest that the current task has. Where several
   * callbacks of one task have some, each had better dispose its own.
   *
   * @throws MisuseError when the borrower has none
   */
  release(borrower?: unknown): void {
    const task = borrower === undefined ? currentScope().task : undefined
    const token = borrower === undefined ? this.#byTask.get(task) : this.#byKey.get(borrower)
    if (token === undefined) {
      const asker = task === undefined ? 'code outside any task' : `task ${task.name}`
      throw new MisuseError(
        `CapacityLimiter.release: ${borrower === undefined ? asker : nameOf(borrower)} has no token; release it once, for the borrower that acquired it`,
      )
    }
    dispose(token)
  }

  /** Runs `fn` while the current task has a token. */
  use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    if (typeof fn !== 'function') {
      return refused(() => requireFunction('CapacityLimiter.use: fn', fn))
    }
    return whileHeld(this.acquire(), () => fn(), dispose)
  }

  #lend(key: unknown, { task }: ScopeNode): Disposable | undefined {
    if (this.#borrowed >= this.#total) return undefined
    const token = new Token(this.#takeBack, key)
    if (key !== undefined) {
      this.#byKey.set(key, token)
    } else {
      token.task = task
      const before = this.#byTask.get(task)
      token.before = before
      if (before !== undefined) before.after = token
      this.#byTask.set(task, token)
    }
    this.#borrowed += 1
    if (isStranger(token)) this.#strangers += 1
    return token
  }

  #end(token: Token): void {
    const { task, before, after } = token
    if (token.data !== undefined) this.#byKey.delete(token.data)
    else if (after !== undefined) after.before = before
    else if (before !== undefined) this.#byTask.set(task, before)
    else this.#byTask.delete(task)
    if (before !== undefined) before.after = after
    this.#borrowed -= 1
    if (isStranger(token)) this.#strangers -= 1
    this.#line.serve()
  }

  #owners(): (Task<unknown> | TaskRecord)[] {
    const keys = [...this.#byKey.keys()].filter((key) => key instanceof Task)
    const tasks = [...this.#byTask.keys()].filter((task) => task !== undefined)
    return [...keys, ...tasks]
  }
}

/** Lent on behalf of its `data`, or, without that, to a task that may have more of them. */
class Token extends Permit<unknown> {
  task: TaskRecord | undefined
  /** The one that its task was lent before this, and after. */
  before: Token | undefined
  after: Token | undefined
}

/** Knows on whose behalf those in it wait, each as the `data` of its waiter. */
class BorrowerLine extends PermitQueue<unknown> {
  readonly keys = new Set<unknown>()

  override add(waiter: Waiter<Disposable>): void {
    if (waiter.data !== undefined) this.keys.add(waiter.data)
    super.add(waiter)
  }

  override remove(waiter: Waiter<Disposable>): void {
    this.keys.delete(waiter.data)
    super.remove(waiter)
  }
}

/** Not in the hands of a task, as far as it is known. */
function isStranger({ data, task }: Token): boolean {
  return data === undefined ? task === undefined : !(data instanceof Task)
}

function nameOf(borrower: unknown): string {
  return borrower instanceof Task ? `task ${borrower.name}` : describe(borrower)
}
