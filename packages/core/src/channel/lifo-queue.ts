import { RingBuffer } from '../lowlevel.ts'
import { Queue } from './queue.ts'
import type { QueueOptions } from './queue.ts'

/**
 * A `Queue` that hands out the item put last first. Those who wait are still served first come first
 * served: getters for the next item put, putters for the next free place.
 *
 * @example
 * const queue = new LifoQueue<number>()
 * for (const item of [1, 2, 3]) await queue.put(item)
 * await queue.get() // 3
 * @see asyncio.LifoQueue
 */
export class LifoQueue<T> extends Queue<T> {
  constructor(options: QueueOptions = {}) {
    super(options, new Stack<T>())
  }
}

class Stack<T> extends RingBuffer<T> {
  override shift(): T | undefined {
    return this.pop()
  }
}
