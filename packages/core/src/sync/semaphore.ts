import { ClosedError, MisuseError } from '../errors.ts'
import {
  ready,
  refused,
  requireCount,
  requireLimit,
  suspend,
  uncancelled,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import { Permit } from './permit.ts'

/**
 * A number of permits, handed out first come first served. While anyone waits nobody overtakes: a
 * large request at the head holds back small ones behind it.
 *
 * Cost: O(1) to acquire, to release and to leave the line, whatever its length.
 *
 * @example
 * const semaphore = new Semaphore(3)
 * using permit = await semaphore.acquire()
 * @see asyncio.Semaphore, tokio::sync::Semaphore
 */
export class Semaphore {
  readonly #line = new WaitQueue<Disposable>(() => this.#serve())
  readonly #giveBack = (permits: number): void => {
    this.#held -= permits
    if (this.#line.size > 0) this.#serve()
  }
  #total: number
  #held = 0
  #closed = false

  /** @param permits a whole number of at least 0, or `Infinity` */
  constructor(permits: number) {
    requireLimit('Semaphore: permits', permits, 0)
    this.#total = permits
  }

  /** Permits that nobody holds; below 0 after `resize` took away some that are held. */
  get free(): number {
    return this.#total - this.#held
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Waits for `n` permits. Dispose what it returns to give them back; twice is once.
   *
   * Cancellation: takes no permit, or was granted and keeps it.
   *
   * @param n a whole number of at least 1, at most all there are
   * @throws ClosedError when it is closed, also while waiting
   * @throws MisuseError when there will never be so many
   */
  acquire(n = 1): Promise<Disposable> {
    if (!(n >= 1 && n <= this.#total) || this.#closed) return refused(() => this.#check(n))
    if (this.#total - this.#held >= n && this.#line.size === 0 && uncancelled()) {
      return ready('Semaphore.acquire', this, this.#take(n))
    }
    return suspend(new Waiter<Disposable>('Semaphore.acquire', this, this.#line, n))
  }

  /** Takes `n` permits if they are free and nobody waits; never waits. */
  tryAcquire(n = 1): Disposable | undefined {
    requireCount('Semaphore.tryAcquire: n', n)
    return this.#closed || this.#line.size > 0 || this.free < n ? undefined : this.#take(n)
  }

  /** Runs `fn` while holding one permit. */
  async use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    using _permit = await this.acquire()
    return await fn()
  }

  /**
   * Changes how many permits there are. Fewer: those held are not taken away, they are missing when
   * they come back. More: those in line are served at once.
   */
  resize(permits: number): void {
    requireLimit('Semaphore.resize: permits', permits, 0)
    this.#total = permits
    this.#serve()
  }

  /** Turns away those in line and all who come later; permits that are held may still be given back. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#line) wakeWithError(waiter, closed)
  }

  #take(n: number): Disposable {
    this.#held += n
    return new Permit(this.#giveBack, n)
  }

  #serve(): void {
    for (let next = this.#line.first; next !== undefined; next = this.#line.first) {
      const n = next.data as number
      if (this.free < n) return
      wake(next, this.#take(n))
    }
  }

  #check(n: number): void {
    if (this.#closed) throw closed()
    requireCount('Semaphore.acquire: n', n)
    throw new MisuseError(
      `Semaphore.acquire: n must be at most the ${this.#total} permits there are, got ${n} (number)`,
    )
  }
}

function closed(): ClosedError {
  return new ClosedError('Semaphore.acquire: the semaphore is closed; make a new one')
}
