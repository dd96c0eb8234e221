import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  requireDuration,
  requireFunction,
  requireLimit,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { Owner } from '../scope/owner.ts'
import type { Task } from '../scope/task.ts'
import { Alarm } from './alarm.ts'

export interface BatcherOptions {
  /** A batch of so many keys is loaded at once. Default `Infinity`. */
  readonly maxSize?: number
  /** How long the first key of a batch waits for others, in milliseconds. Default 0: one turn of the event loop. */
  readonly maxDelay?: number
}

/**
 * Turns many loads of one thing into few loads of many. Those who ask within `maxDelay` share one call
 * of `load`, in which each key is named once. It runs in the task and the context where the Batcher was
 * made, in nobody's who asks: one of them being cancelled does not disturb the others.
 *
 * Nothing is remembered between batches. Cost: O(1) for a load, one task for a batch.
 *
 * @example
 * const users = new Batcher((ids: number[]) => db.usersById(ids), { maxSize: 100 })
 * const user = await users.load(7)
 * @see dataloader
 */
export class Batcher<K, V> {
  readonly #owner = new Owner()
  readonly #load: (keys: K[]) => PromiseLike<readonly (V | Error)[]>
  readonly #maxSize: number
  readonly #maxDelay: number
  /** The batch that still takes keys. */
  #open: Batch<K, V> | undefined

  /**
   * @param load gives the values in the order of the keys; an Error in place of a value fails the
   * loads of that key alone
   */
  constructor(
    load: (keys: K[]) => PromiseLike<readonly (V | Error)[]>,
    options: BatcherOptions = {},
  ) {
    const { maxSize = Infinity, maxDelay = 0 } = options
    requireFunction('Batcher: load', load)
    requireLimit('Batcher: maxSize', maxSize)
    requireDuration('Batcher: maxDelay', maxDelay)
    this.#load = load
    this.#maxSize = maxSize
    this.#maxDelay = maxDelay
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
    if (scope.governor !== undefined) return suspend(new Waiter<V>('Batcher.load', this), scope)
    const batch = (this.#open ??= this.#begin())
    const place = batch.place(key)
    const value = suspend(new Waiter<V>('Batcher.load', this, batch.line, place), scope)
    if (batch.places.size >= this.#maxSize) this.#close(batch)
    return value
  }

  get [Symbol.toStringTag](): string {
    return 'Batcher'
  }

  #begin(): Batch<K, V> {
    const batch = new Batch<K, V>(() => {
      this.#close(batch)
      batch.task?.cancel('nobody waits for it any more')
    })
    batch.task = this.#owner.spawn(
      'Batcher',
      async () => {
        await batch.full(this.#maxDelay)
        this.#close(batch)
        throwIfCancelled()
        const keys = [...batch.places.keys()]
        let index = 0
        for (const place of batch.places.values()) place.index = index++
        return checked(keys.length, await this.#load(keys))
      },
      (task) => {
        this.#close(batch)
        const { line } = batch
        for (let waiter = line.first; waiter !== undefined; waiter = line.first) {
          const value = task.value?.[(waiter.data as Place).index]
          if (task.state !== 'fulfilled') wakeWithError(waiter, () => task.failure())
          else if (value instanceof Error) wakeWithError(waiter, () => value)
          else wake(waiter, value as V)
        }
      },
    )
    return batch
  }

  /** No more keys for this batch. */
  #close(batch: Batch<K, V>): void {
    if (this.#open === batch) this.#open = undefined
    batch.close()
  }
}

/** A key in a batch. */
interface Place<K = unknown> {
  readonly key: K
  /** How many wait for it. */
  waiting: number
  /** Where its value will be. */
  index: number
}

/** Those who wait for one call of `load`. */
class Batch<K, V> {
  readonly places = new Map<K, Place<K>>()
  readonly line: WaitQueue<V>
  task: Task<readonly (V | Error)[]> | undefined
  #closed = false
  #delay: Waiter | undefined

  constructor(deserted: () => void) {
    this.line = new WaitQueue<V>((waiter) => {
      const place = waiter.data as Place<K>
      place.waiting -= 1
      if (place.waiting === 0) this.places.delete(place.key)
      if (this.line.size === 0) deserted()
    })
  }

  /** One more waits for `key`. */
  place(key: K): Place<K> {
    let place = this.places.get(key)
    if (place === undefined) this.places.set(key, (place = { key, waiting: 0, index: -1 }))
    place.waiting += 1
    return place
  }

  /** Waits until it is closed, for `maxDelay` at the most. */
  async full(maxDelay: number): Promise<void> {
    if (this.#closed) return
    const delay = new Waiter('Batcher')
    const { clock } = currentScope().runtime
    const alarm = new Alarm(() => wake(delay, undefined))
    alarm.set(clock, clock.now() + maxDelay)
    this.#delay = delay
    try {
      await suspend(delay)
    } finally {
      alarm.clear()
    }
  }

  close(): void {
    this.#closed = true
    if (this.#delay !== undefined) wake(this.#delay, undefined)
  }
}

function checked<V>(size: number, values: readonly V[]): readonly V[] {
  if (!Array.isArray(values) || values.length !== size) {
    throw new MisuseError(
      `Batcher: load must return an array of ${size} values, one for each key, got ${describe(values)}`,
    )
  }
  return values
}
