import { ClosedError } from '../errors.ts'
import { ready, refused, suspend, uncancelled, Waiter } from '../lowlevel.ts'
import { broken } from './channel.ts'
import type { Channel } from './channel.ts'
import { HandleLine } from './handle-line.ts'
import type { Sender } from './sender.ts'

/** A sending handle of a channel. */
export class ChannelSender<T> implements Sender<T> {
  readonly #channel: Channel<T>
  readonly #line: HandleLine<void>
  #closed = false

  constructor(channel: Channel<T>) {
    this.#channel = channel
    this.#line = new HandleLine(channel.exchange.givers, this)
    channel.senders += 1
  }

  get closed(): boolean {
    return this.#closed
  }

  get capacity(): number {
    return this.#channel.exchange.capacity
  }

  get size(): number {
    return this.#channel.exchange.buffer.size
  }

  get receivers(): number {
    return this.#channel.receivers
  }

  get waiting(): number {
    return this.#line.size
  }

  send(item: T): Promise<void> {
    if (uncancelled()) {
      if (this.#closed || this.receivers === 0) return refused(() => this.#check('send'))
      if (this.#channel.exchange.give(item)) return ready('Sender.send', this, undefined)
    }
    return suspend(new Waiter('Sender.send', this, this.#line, item))
  }

  trySend(item: T): boolean {
    this.#check('trySend')
    return this.#channel.exchange.give(item)
  }

  clone(): Sender<T> {
    if (this.#closed) throw closed('clone')
    return new ChannelSender(this.#channel)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#line.turnAway(() => closed('send'))
    this.#channel.senderClosed()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'Sender'
  }

  #check(method: string): void {
    if (this.#closed) throw closed(method)
    if (this.receivers === 0) throw broken(method)
  }
}

function closed(method: string): ClosedError {
  return new ClosedError(`Sender.${method}: this sender is closed; send before that, or on a clone`)
}
