import { LaggedError } from '../errors.ts'
import { nameResource } from '../lowlevel.ts'
import type { ResourceOptions, RingBuffer } from '../lowlevel.ts'
import { BaseReceiver, ended } from './base-receiver.ts'
import { ReceiverQueue } from './receiver-queue.ts'
import type { Receiver } from './receiver.ts'

/**
 * What a broadcast and its receivers share. Items are numbered from 0 as they are sent:
 *
 *   sent = 7, kept = [ 3 4 5 6 ]     a receiver at 4 has 4, 5, 6 to go; one at 1 has missed 1 and 2
 *
 * Each item that is kept counts the receivers that have yet to take it, and leaves with the last.
 */
export interface BroadcastState<T> {
  /** With the name that receivers go by, too. */
  readonly options: ResourceOptions
  readonly capacity: number
  readonly kept: RingBuffer<{ readonly item: T; unseen: number }>
  readonly subscriptions: Set<Subscription<T>>
  sent: number
  closed: boolean
}

/** A receiver of a broadcast. While somebody waits on it, it has received all that was sent. */
export class Subscription<T> extends BaseReceiver<T> {
  protected readonly line: ReceiverQueue<T> = new ReceiverQueue<T>()
  readonly #state: BroadcastState<T>
  /** The number of the item to take next. */
  #next: number

  constructor(feed: BroadcastState<T>, next: number) {
    super()
    this.#state = feed
    this.#next = next
    feed.subscriptions.add(this)
    nameResource('Broadcast', this, feed.options)
    this.#count(1)
  }

  get size(): number {
    return this.#state.sent - Math.max(this.#next, this.#oldest)
  }

  get senders(): number {
    return this.#state.closed ? 0 : 1
  }

  /** Hands an item that is being sent to whoever waits; false when nobody does. */
  offer(item: T): boolean {
    if (!this.line.hand(item)) return false
    this.#next = this.#state.sent
    return true
  }

  /** Nothing more will be sent. */
  end(): void {
    this.line.end(ended)
  }

  protected take(): T {
    const missed = this.#oldest - this.#next
    if (missed > 0) {
      this.#next += missed
      throw new LaggedError(missed)
    }
    const entry = this.#state.kept.at(-missed) as { readonly item: T; unseen: number }
    this.#next += 1
    entry.unseen -= 1
    this.#drop()
    return entry.item
  }

  protected copy(): Receiver<T> {
    return new Subscription(this.#state, this.#next)
  }

  protected leave(): void {
    this.#state.subscriptions.delete(this)
    this.#count(-1)
    this.#drop()
  }

  get #oldest(): number {
    return this.#state.sent - this.#state.kept.size
  }

  /** Counts this receiver in or out where it has yet to take. */
  #count(one: 1 | -1): void {
    const { kept } = this.#state
    for (let i = Math.max(0, this.#next - this.#oldest); i < kept.size; i++) {
      ;(kept.at(i) as { unseen: number }).unseen += one
    }
  }

  /** Drops what everybody has taken. */
  #drop(): void {
    const { kept } = this.#state
    while (kept.at(0)?.unseen === 0) kept.shift()
  }
}
