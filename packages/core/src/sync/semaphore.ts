import { ClosedError, MisuseError } from '../errors.ts'
import {
  currentScope,
  failAll,
  isObserved,
  isUncancelled,
  nameResource,
  refused,
  requireCount,
  requireFunction,
  requireLimit,
  tellOwners,
  tellStats,
} from '../lowlevel.ts'
import type { ResourceOptions, ResourceStats, ScopeNode, TaskRecord } from '../lowlevel.ts'
import { PermitQueue } from './permit-queue.ts'
import { Permit } from './permit.ts'
import { dispose, whileHeld } from './while-held.ts'

/**
 * A number of permits, first come, first served. While anyone waits nobody overtakes: a large request at
 * the head of the line holds back small ones behind it. Any task may return a permit, even one that did
 * not take it.
 *
 * Cost: O(1) to acquire, to release and to leave the line, whatever its length.
 *
 * @example
 * const semaphore = new Semaphore(3)
 * using permit = await semaphore.acquire()
 * @see asyncio.Semaphore, tokio::sync::Semaphore
 */
export class Semaphore {
  static {
    tellOwners(this, (semaphore) => [...new Set(semaphore.#takers?.values())])
    tellStats(this, (semaphore) => semaphore.#stats())
  }

  readonly #line = new PermitQueue<number>((n, scope) => this.#take(n, scope))
  readonly #giveBack = (permit: Permit<number>): void => {
    this.#held -= permit.data
    this.#takers?.delete(permit)
    this.#line.serve()
  }
  #total = 0
  /** The most permits there have been; one may always be asked for. */
  #most = 1
  #held = 0
  #closed = false
  /** Who took what is held. To remember it costs more than a permit does: only while somebody looks. */
  #takers: Map<Permit<number>, TaskRecord> | undefined

  /** @param permits a whole number of at least 0, or `Infinity` */
  constructor(permits: number, options?: ResourceOptions) {
    this.#resize('Semaphore: permits', permits)
    nameResource('Semaphore', this, options)
  }

  /** Permits not held; negative after `resize` removed some that are held. */
  get free(): number {
    return this.#total - this.#held
  }

  /** How many calls wait in line. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Waits for `n` permits. Dispose what it returns to give them back; twice is once.
   *
   * Cancellation: takes no permit, or was granted and keeps it.
   *
   * @param n a whole number of at least 1
   * @throws ClosedError when it is closed, also while waiting
   * @throws MisuseError when there never were so many
   */
  acquire(n = 1): Promise<Disposable> {
    try {
      if (n !== 1) this.#require('Semaphore.acquire', n)
      if (this.#closed && isUncancelled()) throw closed('Semaphore.acquire')
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#line.acquire('Semaphore.acquire', this, n)
  }

  /**
   * Takes `n` permits if they are free and nobody waits; never waits.
   *
   * @throws ClosedError when it is closed
   */
  tryAcquire(n = 1): Disposable | undefined {
    if (n !== 1) this.#require('Semaphore.tryAcquire', n)
    if (this.#closed) throw closed('Semaphore.tryAcquire')
    return this.#line.take(n)
  }

  /** Runs `fn` while holding one permit. */
  use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    if (typeof fn !== 'function') return refused(() => requireFunction('Semaphore.use: fn', fn))
    return whileHeld(this.acquire(), () => fn(), dispose)
  }

  /**
   * Changes how many permits there are. Fewer: those held are not taken away, they are missing when
   * they come back, and who asked for more waits until there are more again. More: those in line are
   * served at once.
   *
   * @param permits a whole number of at least 0, or `Infinity`
   */
  resize(permits: number): void {
    this.#resize('Semaphore.resize: permits', permits)
  }

  /** Current and later callers get `ClosedError`; permits that are held may still be returned. */
  close(): void {
    this.#closed = true
    failAll(this.#line, closed)
  }

  #resize(where: string, permits: number): void {
    requireLimit(where, permits, 0)
    this.#total = permits
    this.#most = Math.max(permits, this.#most)
    this.#line.serve()
  }

  #take(n: number, scope?: ScopeNode): Disposable | undefined {
    if (this.free < n) return undefined
    this.#held += n
    const permit = new Permit(this.#giveBack, n)
    if (isObserved()) {
      const { task } = scope ?? currentScope()
      if (task !== undefined) (this.#takers ??= new Map()).set(permit, task)
    }
    return permit
  }

  #stats(): ResourceStats {
    let known = 0
    for (const { data } of this.#takers?.keys() ?? []) known += data
    return {
      type: 'Semaphore',
      capacity: this.#total,
      held: this.#held,
      holdersUnknown: known < this.#held,
      waiting: this.waiting,
      state: this.#closed ? 'closed' : 'open',
    }
  }

  #require(api: string, n: number): void {
    requireCount(`${api}: n`, n)
    if (n <= this.#most) return
    throw new MisuseError(
      `${api}: n must be at most ${this.#most}, the most permits there have been, got ${n} (number)`,
    )
  }
}

function closed(api: string): ClosedError {
  return new ClosedError(`${api}: the semaphore is closed; make a new one`)
}
