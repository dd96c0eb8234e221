import { ClosedError } from '../errors.ts'
import { nameResource, requireLimit, requireOptions, RingBuffer, tellStats } from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import type { Receiver } from './receiver.ts'
import { Subscription } from './subscription.ts'
import type { BroadcastState } from './subscription.ts'

export interface BroadcastOptions extends ResourceOptions {
  /** How many items are kept for receivers that are behind: at least 1. `Infinity` keeps all of them. */
  readonly capacity: number
}

/**
 * Sends every item to every receiver. Sending never waits: a receiver that falls behind by more than
 * `capacity` items loses the oldest, and is told how many by `LaggedError`.
 *
 * Cost: to send, O(receivers). An item is kept until all have received it, at most `capacity` of them.
 *
 * @example
 * const news = new Broadcast<string>({ capacity: 16 })
 * using receiver = news.subscribe()
 * news.send('hello')
 * await receiver.receive() // 'hello'
 * @see tokio::sync::broadcast
 */
export class Broadcast<T> implements Disposable {
  static {
    tellStats<Broadcast<unknown>>(this, (broadcast) => ({
      type: 'Broadcast',
      size: broadcast.#feed.kept.size,
      capacity: broadcast.capacity,
      waiting: broadcast.#waiting,
      state: broadcast.closed ? 'closed' : 'open',
    }))
  }

  readonly #feed: BroadcastState<T>

  constructor(options: BroadcastOptions) {
    requireOptions('Broadcast', options)
    const { capacity } = options
    requireLimit('Broadcast: capacity', capacity)
    nameResource('Broadcast', this, options)
    this.#feed = {
      options,
      capacity,
      kept: new RingBuffer(),
      sent: 0,
      closed: false,
      subscriptions: new Set(),
    }
  }

  get capacity(): number {
    return this.#feed.capacity
  }

  get closed(): boolean {
    return this.#feed.closed
  }

  /** How many receivers are open. */
  get receivers(): number {
    return this.#feed.subscriptions.size
  }

  /**
   * Sends an item to all who have subscribed; when nobody has, it is gone. Never waits.
   *
   * @throws ClosedError when it is closed
   */
  send(item: T): void {
    const feed = this.#feed
    if (feed.closed) {
      throw new ClosedError(
        'Broadcast.send: it is closed; send before it is closed, or make a new one',
      )
    }
    feed.sent += 1
    let unseen = 0
    for (const subscription of feed.subscriptions) if (!subscription.offer(item)) unseen += 1
    if (unseen === 0) return
    feed.kept.push({ item, unseen })
    if (feed.kept.size > feed.capacity) feed.kept.shift()
  }

  /** A new receiver, for all that is sent from now on. Close it, or what it has not received is kept for it. */
  subscribe(): Receiver<T> {
    return new Subscription(this.#feed, this.#feed.sent)
  }

  /** No more items: receivers get what is kept for them, and then end. Twice is once. */
  close(): void {
    this.#feed.closed = true
    for (const subscription of this.#feed.subscriptions) subscription.end()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'Broadcast'
  }

  get #waiting(): number {
    let waiting = 0
    for (const subscription of this.#feed.subscriptions) waiting += subscription.waiting
    return waiting
  }
}
