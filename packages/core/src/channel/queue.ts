import { ClosedError, MisuseError } from '../errors.ts'
import {
  isUncancelled,
  nameResource,
  ready,
  requireLimit,
  suspend,
  tellStats,
  Waiter,
  WaitQueue,
  wakeAll,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { BoundedBuffer } from './bounded-buffer.ts'
import type { ItemBuffer } from './bounded-buffer.ts'
import { iteratorOver } from './iterator-over.ts'

export interface QueueOptions extends ResourceOptions {
  /** How many items it holds before `put` waits: at least 1. Default `Infinity`. */
  readonly capacity?: number
}

export interface QueueCloseOptions {
  /** Drop the items not yet taken; they count as done. Default false. */
  readonly immediate?: boolean
}

/**
 * Items between tasks that put and tasks that get, first in first out. Each item goes to exactly one
 * getter, getters and putters are served first come first served, and nobody overtakes.
 *
 * Cost: O(1) for every operation and for leaving a line, however long.
 *
 * @example
 * const queue = new Queue<string>({ capacity: 100 })
 * spawn(async () => {
 *   for await (const line of queue) console.log(line)
 * })
 * await queue.put('hello')
 * queue.close()
 * @see asyncio.Queue
 */
export class Queue<T> implements AsyncIterable<T> {
  static {
    tellStats<Queue<unknown>>(this, (queue) => ({
      type: 'Queue',
      size: queue.size,
      capacity: queue.capacity,
      waiting: queue.getters + queue.putters + queue.#joiners.size,
      waitingToPut: queue.putters,
      waitingToTake: queue.getters,
      state: queue.closed ? 'closed' : 'open',
    }))
  }

  readonly #buffer: BoundedBuffer<T>
  readonly #joiners = new WaitQueue()
  #done = 0

  constructor(options?: QueueOptions)
  /** @internal */
  constructor(options: QueueOptions, buffer: ItemBuffer<T>)
  constructor(options: QueueOptions = {}, buffer?: ItemBuffer<T>) {
    nameResource(new.target.name, this, options)
    const { capacity = Infinity } = options
    requireLimit(`${new.target.name}: capacity`, capacity)
    this.#buffer = new BoundedBuffer(capacity, buffer)
  }

  /** How many items it holds. */
  get size(): number {
    return this.#buffer.buffer.size
  }

  get capacity(): number {
    return this.#buffer.capacity
  }

  get closed(): boolean {
    return this.#buffer.receivers.ended !== undefined
  }

  /** How many wait in line to get. */
  get getters(): number {
    return this.#buffer.receivers.size
  }

  /** How many wait in line to put. */
  get putters(): number {
    return this.#buffer.senders.size
  }

  /**
   * Puts an item, waiting for room first if there is none.
   *
   * Cancellation: the item was not put; or there was room and it was.
   *
   * @throws ClosedError when it is closed, also while waiting
   */
  put(item: T): Promise<void> {
    return this.#buffer.send('Queue.put', this, item)
  }

  /**
   * Takes the next item, waiting for one if there is none.
   *
   * Cancellation: no item was taken; or it was granted one and gets it.
   *
   * @throws ClosedError when it is closed and drained, also while waiting
   */
  get(): Promise<T> {
    return this.#buffer.receive('Queue.get', this, false) as Promise<T>
  }

  /**
   * Puts an item if there is room; never waits. False when it is full.
   *
   * @throws ClosedError when it is closed
   */
  tryPut(item: T): boolean {
    return this.#buffer.offer(item)
  }

  /** Takes the next item if there is one; never waits. Ask `size` first where an item may be undefined. */
  tryGet(): T | undefined {
    return this.#buffer.stocked ? this.#buffer.take() : undefined
  }

  /**
   * Reports that the work on a taken item is done; `join` waits for that.
   *
   * @throws MisuseError when it is called more often than items were taken
   */
  taskDone(): void {
    if (this.#done >= this.#buffer.taken) {
      throw new MisuseError(
        'Queue.taskDone: every item taken is done already; call it once for each item taken',
      )
    }
    this.#done += 1
    this.#tellJoiners()
  }

  /**
   * Waits until every item that was put has been taken and `taskDone` was called for it. Returns at
   * once when that is so already, closed or not.
   *
   * Cancellation: changes nothing.
   */
  join(): Promise<void> {
    if (isUncancelled() && this.#idle) {
      return ready('Queue.join', this, undefined)
    }
    return suspend(new Waiter('Queue.join', this, this.#joiners))
  }

  /**
   * No more items: current and later calls of `put` get `ClosedError`. The items it holds can still be
   * taken; after that `get` throws it too, and loops over the queue end. Calling it again does nothing.
   */
  close({ immediate = false }: QueueCloseOptions = {}): void {
    if (immediate) this.#buffer.buffer.clear()
    this.#buffer.refuseSenders(putRefused)
    this.#buffer.receivers.end(getRefused)
    this.#tellJoiners()
  }

  /** Takes item after item, and ends when it is closed and drained. Leaving the loop closes nothing. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return iteratorOver(
      () => this.#buffer.receive('Queue.get', this, true) as Promise<IteratorResult<T, undefined>>,
    )
  }

  get [Symbol.toStringTag](): string {
    return 'Queue'
  }

  get #idle(): boolean {
    return this.#done === this.#buffer.taken && this.size === 0
  }

  #tellJoiners(): void {
    if (this.#idle) wakeAll(this.#joiners, undefined)
  }
}

function putRefused(): ClosedError {
  return new ClosedError(
    'Queue.put: the queue is closed; put before it is closed, or make a new one',
  )
}

function getRefused(): ClosedError {
  return new ClosedError(
    'Queue.get: the queue is closed and drained; loop with for await to end here',
  )
}
