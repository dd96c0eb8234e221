import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  HomeContext,
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
import { SharedWork } from '../sync/shared-work.ts'

/**
 * Lets those who ask for the same thing at the same time share one piece of work. It runs in the scope
 * and the context where the SingleFlight was made, in nobody's who asks: one of them being cancelled
 * does not disturb the others. When all of them have been, the work is cancelled too; who comes then
 * begins anew beside its cleanup. (Made outside any scope, it is work of the `run` of who asks first.)
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
   * @throws TaskCancelledError when the work was cancelled with its run
   * @throws MisuseError when the work for this key asks for it itself, or waits for work that does
   */
  run(key: K, fn: () => PromiseLike<V> | V): Promise<V> {
    if (typeof fn !== 'function') return refused(() => requireFunction('SingleFlight.run: fn', fn))
    const scope = currentScope()
    if (scope.cancelledBy !== undefined) {
      return suspend(new Waiter<V>('SingleFlight.run', this), scope)
    }
    const flight = this.#flights.get(key)
    if (flight?.waitsFor(scope) === true) {
      const misuse = `SingleFlight.run: the work for ${describe(key)} waits for its own result; pass it what it needs`
      return Promise.reject(new MisuseError(misuse))
    }
    return (flight ?? this.#begin(key, fn)).wait('SingleFlight.run', this, scope)
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
    const flight = new SharedWork<V>(this.#owner, 'SingleFlight', { work: fn, over, give: wake })
    this.#flights.set(key, flight)
    return flight
  }
}
