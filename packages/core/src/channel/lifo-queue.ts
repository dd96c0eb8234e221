import { RingBuffer } from '../lowlevel.ts'
import { Queue } from './queue.ts'
import type { QueueOptions } from './queue.ts'

/**
 * A `Queue` that returns the most recent item first. Waiting calls are still served first come, first
 * served: getters with the next item put, putters with the next free place.
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
