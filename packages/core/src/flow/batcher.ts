import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  HomeContext,
  nameResource,
  requireDuration,
  requireFunction,
  requireLimit,
  suspend,
  tellStats,
  Timer,
  Waiter,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { ResourceOptions, ScopeNode } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { SharedWork } from '../sync/shared-work.ts'
import { completeOptions } from './complete-options.ts'

export interface BatcherOptions extends ResourceOptions {
  /** A batch of so many keys is loaded at once. Default `Infinity`. */
  readonly maxSize?: number
  /** How long the first key of a batch waits for others, in milliseconds. Default 0: one turn of the event loop. */
  readonly maxDelay?: number
}

/**
 * Turns many loads of one item into few loads of many. Calls within `maxDelay` share one call of `load`,
 * which receives each key once. It runs in the scope and the context where the Batcher was made, not in a
 * caller's: one caller's cancellation does not disturb the others.
 *
 * Nothing is cached between batches. Cost: O(1) for a load, one task for a batch.
 *
 * @example
 * const users = new Batcher((ids: number[]) => db.usersById(ids), { maxSize: 100 })
 * const user = await users.load(7)
 * @see dataloader
 */
export class Batcher<K, V> {
  static {
    tellStats<Batcher<unknown, unknown>>(this, (batcher) => {
      return { type: 'Batcher', state: batcher.#join === undefined ? 'idle' : 'collecting' }
    })
  }

  readonly #owner = new HomeContext()
  readonly #load: (keys: K[]) => PromiseLike<readonly (V | Error)[]>
  readonly #options: Required<Omit<BatcherOptions, 'name'>>
  /** Joins the batch that still takes keys. */
  #join: ((key: K, scope: ScopeNode) => Promise<V>) | undefined

  /**
   * @param load gives the values in the order of the keys; an Error in place of a value fails the
   * loads of that key alone
   */
  constructor(
    load: (keys: K[]) => PromiseLike<readonly (V | Error)[]>,
    options: BatcherOptions = {},
  ) {
    requireFunction('Batcher: load', load)
    this.#load = load
    this.#options = completeOptions<Omit<BatcherOptions, 'name'>>('Batcher', options, {
      maxSize: [requireLimit, Infinity],
      maxDelay: [requireDuration, 0],
    })
    nameResource('Batcher', this, options)
  }

  /**
   * The value of `key`, loaded together with others.
   *
   * Cancellation: stops waiting. A key that nobody waits for is not loaded; a batch that nobody waits
   * for is cancelled.
   *
   * @throws what `load` throws, the same error for all of the batch, or gives in place of this value
   * @throws TaskCancelledError when the batch was cancelled with its owner
   */
  load(key: K): Promise<V> {
    const scope = currentScope()
    if (scope.cancelledBy !== undefined) return suspend(new Waiter<V>('Batcher.load', this), scope)
    this.#join ??= this.#begin()
    return this.#join(key, scope)
  }

  get [Symbol.toStringTag](): string {
    return 'Batcher'
  }

  /** Begins a batch that takes keys until it is closed. */
  #begin(): (key: K, scope: ScopeNode) => Promise<V> {
    const { maxSize, maxDelay } = this.#options
    const places = new Map<K, Place<K>>()
    const delay = new Waiter('Batcher')
    const close = (): void => {
      if (this.#join === join) this.#join = undefined
      wake(delay, undefined)
    }
    const full = async (): Promise<void> => {
      if (this.#join !== join) return
      const { clock } = currentScope().runtime
      const alarm = new Timer(() => wake(delay, undefined))
      alarm.set(clock, clock.now() + maxDelay)
      try {
        await suspend(delay)
      } finally {
        alarm.clear()
      }
    }
    const load = async (): Promise<readonly (V | Error)[]> => {
      await full()
      close()
      throwIfCancelled()
      const keys = [...places.keys()]
      let index = 0
      for (const place of places.values()) place.index = index++
      const values = await this.#load(keys)
      if (Array.isArray(values) && values.length === keys.length) return values
      throw new MisuseError(
        `Batcher: load must return an array of ${keys.length} values, one for each key, got ${describe(values)}`,
      )
    }
    const give = (waiter: Waiter<V>, values: readonly (V | Error)[]): void => {
      const value = values[(waiter.data as Place<K>).index]
      if (value instanceof Error) wakeWithError(waiter, () => value)
      else wake(waiter, value as V)
    }
    const left = (waiter: Waiter<V>): void => {
      const place = waiter.data as Place<K>
      place.waiting -= 1
      if (place.waiting === 0) places.delete(place.key)
    }
    const work = new SharedWork<readonly (V | Error)[], V>(this.#owner, 'Batcher', {
      work: load,
      over: close,
      give,
      left,
    })
    const join = (key: K, scope: ScopeNode): Promise<V> => {
      let place = places.get(key)
      if (place === undefined) places.set(key, (place = { key, waiting: 0, index: -1 }))
      place.waiting += 1
      const value = work.wait('Batcher.load', this, scope, place)
      if (places.size >= maxSize) close()
      return value
    }
    return join
  }
}

/** A key in a batch. */
interface Place<K> {
  readonly key: K
  /** How many wait for it. */
  waiting: number
  /** Where its value will be. */
  index: number
}
