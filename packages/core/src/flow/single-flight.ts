import { currentScope, refused, requireFunction, suspend, Waiter, wake } from '../lowlevel.ts'
import type { WaitQueue } from '../lowlevel.ts'
import { HomeContext } from '../scope/home.ts'
import { shareWork } from './shared-work.ts'

/**
 * Lets those who ask for the same thing at the same time share one piece of work. It runs in the task
 * and the context where the SingleFlight was made, in nobody's who asks: one of them being cancelled
 * does not disturb the others. When all of them have been, the work is cancelled too; who comes then
 * begins anew beside its cleanup.
 *
 * Nothing is remembered: who comes after the end begins anew. Cost: O(1), one task for each piece of work.
 *
 * @example
 * const flights = new SingleFlight<string, Page>()
 * const page = await flights.run(url, () => download(url))
 * @see Go's singleflight
 */
export class SingleFlight<K, V> {
  readonly #owner = new HomeContext()
  /** Those who wait for each piece of work. */
  readonly #flights = new Map<K, WaitQueue<V>>()

  /** How many pieces of work are under way. */
  get size(): number {
    return this.#flights.size
  }

  /** Whether work for this key is under way. */
  has(key: K): boolean {
    return this.#flights.has(key)
  }

  /**
   * The result of `fn`, or of the work for the same key that is under way.
   *
   * Cancellation: stops waiting. The work goes on as long as anybody waits for it.
   *
   * @throws what the work throws, the same error for all who wait
   * @throws TaskCancelledError when the work was cancelled with its owner
   */
  run(key: K, fn: () => PromiseLike<V> | V): Promise<V> {
    if (typeof fn !== 'function') return refused(() => requireFunction('SingleFlight.run: fn', fn))
    const scope = currentScope()
    const cancelled = scope.cancelledBy !== undefined
    const line = cancelled ? undefined : (this.#flights.get(key) ?? this.#begin(key, fn))
    return suspend(new Waiter<V>('SingleFlight.run', this, line), scope)
  }

  /** Lets the next call for this key begin anew; those who wait for the work under way still get its result. */
  forget(key: K): void {
    this.#flights.delete(key)
  }

  get [Symbol.toStringTag](): string {
    return 'SingleFlight'
  }

  #begin(key: K, fn: () => PromiseLike<V> | V): WaitQueue<V> {
    const over = (): void => {
      if (this.#flights.get(key) === line) this.#flights.delete(key)
    }
    const line = shareWork<V, V>(this.#owner, 'SingleFlight', fn, over, wake)
    this.#flights.set(key, line)
    return line
  }
}
