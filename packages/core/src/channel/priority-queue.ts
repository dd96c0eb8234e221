import { Heap, requireFunction, requireOptions } from '../lowlevel.ts'
import type { Slotted } from '../lowlevel.ts'
import type { ItemBuffer } from './bounded-buffer.ts'
import { Queue } from './queue.ts'
import type { QueueOptions } from './queue.ts'

export interface PriorityQueueOptions<T> extends QueueOptions {
  /** Below 0 when `a` is to be taken before `b`, as for `Array.sort`. Equal items leave as they came. */
  readonly compare: (a: T, b: T) => number
}

/**
 * A `Queue` that hands out the least item by `compare` first, equal items first in first out. Only
 * items that it holds are compared: those of putters in line come after, first come first served.
 *
 * Cost: O(log n) to put and to get. A `compare` that throws makes that `put` fail, and changes nothing.
 *
 * @example
 * const queue = new PriorityQueue<{ due: number }>({ compare: (a, b) => a.due - b.due })
 * @see asyncio.PriorityQueue
 */
export class PriorityQueue<T> extends Queue<T> {
  constructor(options: PriorityQueueOptions<T>) {
    requireOptions('PriorityQueue', options)
    requireFunction('PriorityQueue: compare', options.compare)
    super(options, new PriorityBuffer(options.compare))
  }
}

interface Entry<T> extends Slotted {
  readonly item: T
  readonly order: number
}

/** A heap of entries that know when they came. */
class PriorityBuffer<T> implements ItemBuffer<T> {
  readonly #before: (a: Entry<T>, b: Entry<T>) => boolean
  #heap: Heap<Entry<T>>
  #order = 0
  #failure: { readonly error: unknown } | undefined

  constructor(compare: (a: T, b: T) => number) {
    // Never throws, so that the heap stays whole: a pair that cannot be compared is in order of arrival.
    this.#before = (a, b) => {
      let order = 0
      try {
        order = compare(a.item, b.item)
      } catch (error) {
        this.#failure = { error }
      }
      return order < 0 || (order === 0 && a.order < b.order)
    }
    this.#heap = new Heap(this.#before)
  }

  get size(): number {
    return this.#heap.size
  }

  push(item: T): void {
    const entry = { item, order: this.#order++, slot: -1 }
    this.#failure = undefined
    this.#heap.push(entry)
    const failure = this.#failure as { readonly error: unknown } | undefined
    if (failure === undefined) return
    this.#heap.remove(entry)
    throw failure.error
  }

  shift(): T | undefined {
    return this.#heap.shift()?.item
  }

  clear(): void {
    this.#heap = new Heap(this.#before)
  }
}
