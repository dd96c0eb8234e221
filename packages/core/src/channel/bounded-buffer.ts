import {
  failAll,
  isUncancelled,
  ready,
  RingBuffer,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { Line } from '../lowlevel.ts'
import { end, received, ReceiverQueue } from './receiver-queue.ts'
import type { Received } from './receiver-queue.ts'

/** Where items are kept between those who send and those who receive; `shift` says which one is next. */
export interface ItemBuffer<T> {
  readonly size: number
  /** May refuse an item by throwing; it then keeps nothing of it. */
  push(item: T): void
  shift(): T | undefined
  clear(): void
}

/**
 * A buffer with a line at each end: what queues and channels are made of.
 *
 *   senders -> [ buffer, at most `capacity` ] -> receivers
 *
 * Receivers stand in line only while the buffer is empty, senders only while it is full: whoever takes
 * lets the first sender in, so that neither has to be looked for in the other's way.
 */
export class BoundedBuffer<T> {
  readonly capacity: number
  readonly buffer: ItemBuffer<T>
  readonly receivers: ReceiverQueue<T> = new ReceiverQueue<T>()
  /** `data` is the item offered. */
  readonly senders: WaitQueue = new WaitQueue()
  /** How many items have been handed out so far. */
  taken = 0
  /** Why nothing is accepted any more. */
  #refusal: ((api: string) => Error) | undefined

  constructor(capacity: number, buffer: ItemBuffer<T> = new RingBuffer<T>()) {
    this.capacity = capacity
    this.buffer = buffer
  }

  /** How many items could be taken at once. */
  get size(): number {
    return this.buffer.size + this.senders.size
  }

  /** Whether `take` has something to take. */
  get stocked(): boolean {
    return this.size > 0
  }

  /** Hands the item to the first receiver or puts it into the buffer; false when there is no room. */
  offer(item: T, api = ''): boolean {
    if (this.#refusal !== undefined) throw this.#refusal(api)
    if (this.receivers.hand(item)) {
      this.taken += 1
      return true
    }
    if (this.buffer.size >= this.capacity) return false
    this.buffer.push(item)
    return true
  }

  /** Gives the item, and waits in `line` for room first if there is none. */
  send(api: string, resource: object, item: T, line: Line = this.senders): Promise<void> {
    if (isUncancelled()) {
      try {
        if (this.offer(item, api)) return ready(api, resource, undefined)
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return suspend(new Waiter(api, resource, line, item))
  }

  /** Takes the next item of a stocked buffer, and lets the first sender in. */
  take(): T {
    this.taken += 1
    if (this.buffer.size === 0) this.#admitSenders(1) // of capacity 0: the sender is let in to be taken from
    const item = this.buffer.shift() as T
    if (this.senders.size > 0) this.#admitSenders(this.capacity)
    return item
  }

  /** Takes the next item, and waits for one if there is none; as a step of a loop if so told. */
  receive(api: string, resource: object, iterates: boolean): Promise<Received<T>> {
    if (isUncancelled()) {
      if (this.stocked) return ready(api, resource, received(this.take(), iterates))
      const { ended } = this.receivers
      if (ended !== undefined) return iterates ? ready(api, resource, end) : Promise.reject(ended())
    }
    return suspend(new Waiter<Received<T>>(api, resource, this.receivers, iterates))
  }

  /** Rejects every sender, with the item it offered, and all who come later. */
  refuseSenders(refusal: (api: string) => Error): void {
    this.#refusal = refusal
    failAll(this.senders, refusal)
  }

  #admitSenders(room: number): void {
    while (this.buffer.size < room) {
      const sender = this.senders.first
      if (sender === undefined) return
      try {
        this.buffer.push(sender.data as T)
        wake(sender, undefined)
      } catch (error) {
        wakeWithError(sender, () => error)
      }
    }
  }
}
