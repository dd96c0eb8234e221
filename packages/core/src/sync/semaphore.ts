import { ClosedError, MisuseError } from '../errors.ts'
import {
  currentScope,
  ready,
  refused,
  requireCount,
  requireFunction,
  requireLimit,
  suspend,
  tellOwners,
  traced,
  uncancelled,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { ScopeNode, TaskRecord } from '../lowlevel.ts'
import { Permit } from './permit.ts'

/**
 * A number of permits, handed out first come first served. While anyone waits nobody overtakes: a
 * large request at the head holds back small ones behind it. Any task may give a permit back, also one
 * that did not take it.
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
  }

  readonly #line = new WaitQueue<Disposable>(() => this.#serve())
  readonly #giveBack = (amount: number, permit: Permit): void => {
    this.#held -= amount
    this.#takers?.delete(permit)
    if (this.#line.size > 0) this.#serve()
  }
  #total: number
  /** The most permits there have been. */
  #most: number
  #held = 0
  #closed = false
  /** Who took what is held. To remember it costs more than a permit does: only while somebody looks. */
  #takers: Map<Permit, TaskRecord> | undefined

  /** @param permits a whole number of at least 0, or `Infinity` */
  constructor(permits: number) {
    requireLimit('Semaphore: permits', permits, 0)
    this.#total = permits
    this.#most = Math.max(permits, 1)
  }

  /** Permits that nobody holds; below 0 after `resize` took away some that are held. */
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
    if (n !== 1 && !this.#possible(n)) return refused(() => this.#refuse('Semaphore.acquire: n', n))
    if (uncancelled()) {
      if (this.#closed) return Promise.reject(closed('Semaphore.acquire'))
      if (this.#total - this.#held >= n && this.#line.size === 0) {
        return ready('Semaphore.acquire', this, this.#take(n))
      }
    }
    return suspend(new Waiter<Disposable>('Semaphore.acquire', this, this.#line, n))
  }

  /**
   * Takes `n` permits if they are free and nobody waits; never waits.
   *
   * @throws ClosedError when it is closed
   */
  tryAcquire(n = 1): Disposable | undefined {
    if (n !== 1 && !this.#possible(n)) this.#refuse('Semaphore.tryAcquire: n', n)
    if (this.#closed) throw closed('Semaphore.tryAcquire')
    if (this.#line.size > 0 || this.free < n) return undefined
    return this.#take(n)
  }

  /** Runs `fn` while holding one permit. */
  async use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    requireFunction('Semaphore.use: fn', fn)
    const permit = await this.acquire()
    try {
      return await fn()
    } finally {
      permit[Symbol.dispose]()
    }
  }

  /**
   * Changes how many permits there are. Fewer: those held are not taken away, they are missing when
   * they come back, and who asked for more waits until there are more again. More: those in line are
   * served at once.
   *
   * @param permits a whole number of at least 0, or `Infinity`
   */
  resize(permits: number): void {
    requireLimit('Semaphore.resize: permits', permits, 0)
    this.#total = permits
    this.#most = Math.max(permits, this.#most)
    this.#serve()
  }

  /** Turns away those in line and all who come later; permits that are held may still be given back. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#line) wakeWithError(waiter, () => closed('Semaphore.acquire'))
  }

  #take(n: number, scope?: ScopeNode): Disposable {
    this.#held += n
    const permit = new Permit(this.#giveBack, n)
    if (traced()) this.#remember(permit, scope ?? currentScope())
    return permit
  }

  #remember(permit: Permit, { task }: ScopeNode): void {
    if (task !== undefined) (this.#takers ??= new Map()).set(permit, task)
  }

  #serve(): void {
    for (let next = this.#line.first; next !== undefined; next = this.#line.first) {
      const n = next.data as number
      if (this.free < n) return
      wake(next, this.#take(n, next.scope))
    }
  }

  #possible(n: number): boolean {
    return Number.isSafeInteger(n) && n >= 1 && n <= this.#most
  }

  #refuse(where: string, n: number): never {
    requireCount(where, n)
    throw new MisuseError(
      `${where} must be at most ${this.#most}, the most permits there have been, got ${n} (number)`,
    )
  }
}

function closed(api: string): ClosedError {
  return new ClosedError(`${api}: the semaphore is closed; make a new one`)
}
