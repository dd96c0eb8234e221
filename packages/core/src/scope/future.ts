import { MisuseError, TaskCancelledError } from '../errors.ts'
import { isUncancelled } from '../kernel/current.ts'
import { Waiter } from '../kernel/records.ts'
import { failAll, ready, suspend, wakeAll } from '../kernel/suspend.ts'
import { WaitQueue } from '../kernel/wait-queue.ts'

type Outcome<T> =
  | { readonly state: 'pending' }
  | { readonly state: 'fulfilled'; readonly value: T }
  | { readonly state: 'failed'; readonly error: () => unknown }

/**
 * A result that is set from outside: the bridge from callbacks. Any number of tasks may wait for it.
 *
 * Cancellation: a wait that is cancelled leaves the future alone.
 *
 * @example
 * const ready = new Future<number>()
 * server.listen(0, () => ready.resolve(server.address().port))
 * const port = await ready
 * @see asyncio.Future
 */
export class Future<T> implements PromiseLike<T> {
  readonly #line = new WaitQueue<T>()
  #outcome: Outcome<T> = { state: 'pending' }
  /** A failure that came while nobody waited: an ordinary promise, which says so if nobody ever does. */
  #unread: Promise<never> | undefined

  /** It has a result: a value, an error, or that it was cancelled. */
  get settled(): boolean {
    return this.#outcome.state !== 'pending'
  }

  /** @throws MisuseError when it is settled already */
  resolve(value: T): void {
    this.#settle('resolve', { state: 'fulfilled', value })
    wakeAll(this.#line, value)
  }

  /** @throws MisuseError when it is settled already */
  reject(error: unknown): void {
    const awaited = this.#line.size > 0
    this.#fail('reject', () => error)
    if (!awaited) this.#unread = Promise.reject(error)
  }

  /** Nobody will set it: those who wait get `TaskCancelledError`. False when it is settled already. */
  cancel(reason?: unknown): boolean {
    if (this.settled) return false
    this.#fail('cancel', () => new TaskCancelledError('Future', reason))
    return true
  }

  /** Waits for the result. */
  wait(): Promise<T> {
    const outcome = this.#outcome
    if (outcome.state === 'pending' || !isUncancelled()) {
      return suspend(new Waiter<T>('Future.wait', this, this.#line))
    }
    if (outcome.state === 'failed') return this.#unread ?? Promise.reject(outcome.error())
    return ready('Future.wait', this, outcome.value)
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.wait().then(onFulfilled, onRejected)
  }

  #fail(method: string, error: () => unknown): void {
    this.#settle(method, { state: 'failed', error })
    failAll(this.#line, error)
  }

  #settle(method: string, outcome: Outcome<T>): void {
    if (this.settled) {
      throw new MisuseError(
        `Future.${method}: it is settled already; ask settled first, or make a new one`,
      )
    }
    this.#outcome = outcome
  }
}
