import { LaggedError } from '../errors.ts'
import { RingBuffer } from '../lowlevel.ts'
import { ChannelReceiver } from './channel-receiver.ts'
import { Channel } from './channel.ts'
import type { Receiver } from './receiver.ts'

/** What a broadcast and its receivers share. */
export interface Feed<T> {
  readonly capacity: number
  readonly receivers: Set<Subscription<T>>
  closed: boolean
}

/** A receiver of a broadcast: of a channel of its own, which loses its oldest item when it is full. */
export class Subscription<T> extends ChannelReceiver<T> {
  readonly #feed: Feed<T>
  readonly #kept: RingBuffer<T>
  #missed = 0

  /** @param from what that one has yet to receive is received, too */
  constructor(feed: Feed<T>, from?: Subscription<T>) {
    const kept = new RingBuffer<T>()
    super(new Channel(feed.capacity, kept))
    this.#feed = feed
    this.#kept = kept
    this.channel.senders = 1
    if (feed.closed) this.end()
    feed.receivers.add(this)
    if (from === undefined) return
    this.#missed = from.#missed
    for (let i = 0; i < from.size; i++) kept.push(from.#kept.at(i) as T)
  }

  /** An item is sent. */
  offer(item: T): void {
    if (this.channel.give(item)) return
    this.#missed += 1
    this.#kept.shift()
    this.#kept.push(item)
  }

  /** Nothing more will be sent. */
  end(): void {
    this.channel.senderClosed()
  }

  override close(): void {
    super.close()
    this.#feed.receivers.delete(this)
  }

  protected override check(method: string): void {
    super.check(method)
    const missed = this.#missed
    this.#missed = 0
    if (missed > 0) throw new LaggedError(missed)
  }

  protected override copy(): Receiver<T> {
    return new Subscription(this.#feed, this)
  }
}
