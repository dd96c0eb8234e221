import { ClosedError } from '../errors.ts'
import { isUncancelled, nameResource, tellStats } from '../lowlevel.ts'
import type { Channel } from './channel.ts'
import { HandleLine } from './handle-line.ts'
import type { Sender } from './sender.ts'

/** A sending handle of a channel. */
export class ChannelSender<T> implements Sender<T> {
  static {
    tellStats<ChannelSender<unknown>>(this, ({ size, capacity, waiting, closed }) => {
      const state = closed ? 'closed' : 'open'
      return { type: 'Sender', size, capacity, waiting, waitingToPut: waiting, state }
    })
  }

  readonly #channel: Channel<T>
  readonly #line: HandleLine<void>
  #closed = false

  constructor(channel: Channel<T>) {
    this.#channel = channel
    this.#line = new HandleLine(channel.senders, this)
    channel.openSenders += 1
    nameResource('openChannel', this, channel.options)
  }

  get closed(): boolean {
    return this.#closed
  }

  get capacity(): number {
    return this.#channel.capacity
  }

  get size(): number {
    return this.#channel.buffer.size
  }

  get receivers(): number {
    return this.#channel.openReceivers
  }

  get waiting(): number {
    return this.#line.size
  }

  send(item: T): Promise<void> {
    if (this.#closed && isUncancelled()) return Promise.reject(closed('send'))
    return this.#channel.send('Sender.send', this, item, this.#line)
  }

  trySend(item: T): boolean {
    if (this.#closed) throw closed('trySend')
    return this.#channel.offer(item, 'Sender.trySend')
  }

  clone(): Sender<T> {
    if (this.#closed) throw closed('clone')
    return new ChannelSender(this.#channel)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#line.failAll(() => closed('send'))
    this.#channel.senderClosed()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'Sender'
  }
}

function closed(method: string): ClosedError {
  return new ClosedError(`Sender.${method}: this sender is closed; send before that, or on a clone`)
}
