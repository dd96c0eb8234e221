import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  nameResource,
  refused,
  requireFunction,
  suspend,
  tellOwners,
  tellStats,
  Waiter,
  wake,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { HomeContext } from '../scope/home.ts'
import { isWithin } from '../sync/is-within.ts'
import { shareWork } from './shared-work.ts'
import type { SharedWork } from './shared-work.ts'

/**
 * Callers that ask for the same key at the same time share one call. It runs in the scope and the context
 * where the SingleFlight was made, not in a caller's: one caller's cancellation does not disturb the
 * others. When all of them are cancelled, so is the work; a call after that starts new work, while the old
 * one may still be cleaning up.
 *
 * Nothing is cached: a call after the end starts new work. Cost: O(1), one task per piece of work.
 *
 * @example
 * const flights = new SingleFlight<string, Page>()
 * const page = await flights.run(url, () => download(url))
 * @see Go's singleflight
 */
export class SingleFlight<K, V> {
  static {
    tellOwners<SingleFlight<unknown, unknown>>(this, (flights) =>
      [...flights.#flights.values()].map(({ task }) => task),
    )
    tellStats<SingleFlight<unknown, unknown>>(this, (flights) => {
      let waiting = 0
      for (const { line } of flights.#flights.values()) waiting += line.size
      return { type: 'SingleFlight', size: flights.size, waiting }
    })
  }

  readonly #owner = new HomeContext()
  readonly #flights = new Map<K, SharedWork<V>>()

  constructor(options?: ResourceOptions) {
    nameResource('SingleFlight', this, options)
  }

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
   * @throws MisuseError when the work for this key asks for it itself
   */
  run(key: K, fn: () => PromiseLike<V> | V): Promise<V> {
    if (typeof fn !== 'function') return refused(() => requireFunction('SingleFlight.run: fn', fn))
    const scope = currentScope()
    if (scope.cancelledBy !== undefined) {
      return suspend(new Waiter<V>('SingleFlight.run', this), scope)
    }
    const flight = this.#flights.get(key)
    if (flight !== undefined && isWithin(scope, flight.task)) {
      const misuse = `SingleFlight.run: the work for ${describe(key)} waits for its own result; pass it what it needs`
      return Promise.reject(new MisuseError(misuse))
    }
    const { line } = flight ?? this.#begin(key, fn)
    return suspend(new Waiter<V>('SingleFlight.run', this, line), scope)
  }

  /** Lets the next call for this key begin anew; those who wait for the work under way still get its result. */
  forget(key: K): void {
    this.#flights.delete(key)
  }

  get [Symbol.toStringTag](): string {
    return 'SingleFlight'
  }

  #begin(key: K, fn: () => PromiseLike<V> | V): SharedWork<V> {
    const over = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    const flight = shareWork<V, V>(this.#owner, 'SingleFlight', fn, over, wake)
    this.#flights.set(key, flight)
    return flight
  }
}
