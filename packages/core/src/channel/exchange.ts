import { RingBuffer, WaitQueue, wake, wakeWithError } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'
import { TakerLine } from './taker-line.ts'

/** Where items are kept between those who give and those who take; `shift` says which one is next. */
export interface ItemBuffer<T> {
  readonly size: number
  /** May refuse an item by throwing; it then keeps nothing of it. */
  push(item: T): void
  shift(): T | undefined
  clear(): void
}

/**
 * A buffer with a line at each end: what queues and channels are made of. Nothing in here waits.
 *
 *   givers -> [ buffer, at most `capacity` ] -> takers
 *
 * Takers stand in line only while the buffer is empty, givers only while it is full: whoever takes
 * lets the first giver in, so that neither has to be looked for in the other's way.
 */
export class Exchange<T> {
  readonly capacity: number
  readonly buffer: ItemBuffer<T>
  readonly takers: TakerLine<T> = new TakerLine<T>()
  /** `data` is the item offered. */
  readonly givers: WaitQueue = new WaitQueue()
  /** How many items have been handed out so far. */
  taken = 0

  constructor(capacity: number, buffer: ItemBuffer<T> = new RingBuffer<T>()) {
    this.capacity = capacity
    this.buffer = buffer
  }

  /** Whether `take` has something to take. */
  get stocked(): boolean {
    return this.buffer.size > 0 || this.givers.size > 0
  }

  /** Hands the item to the first taker or puts it into the buffer; false when there is no room. */
  give(item: T): boolean {
    if (this.takers.hand(item)) {
      this.taken += 1
      return true
    }
    if (this.buffer.size >= this.capacity) return false
    this.buffer.push(item)
    return true
  }

  /** Takes the next item of a stocked exchange, and lets the first giver in. */
  take(): T {
    this.taken += 1
    if (this.buffer.size === 0) {
      const giver = this.givers.first as Waiter
      const item = giver.data as T
      wake(giver, undefined)
      return item
    }
    const item = this.buffer.shift() as T
    if (this.givers.size > 0) this.#letIn()
    return item
  }

  /** Turns away every giver, with the item it offered. */
  endGivers(error: () => unknown): void {
    for (let giver = this.givers.first; giver !== undefined; giver = this.givers.first) {
      wakeWithError(giver, error)
    }
  }

  #letIn(): void {
    while (this.buffer.size < this.capacity) {
      const giver = this.givers.first
      if (giver === undefined) return
      try {
        this.buffer.push(giver.data as T)
      } catch (error) {
        wakeWithError(giver, () => error)
        continue
      }
      wake(giver, undefined)
    }
  }
}
