import { nameResource } from '../lowlevel.ts'
import { BaseReceiver } from './base-receiver.ts'
import type { Channel } from './channel.ts'
import { HandleLine } from './handle-line.ts'
import type { Receiver } from './receiver.ts'

/** A receiving handle of a channel. */
export class ChannelReceiver<T> extends BaseReceiver<T> {
  readonly #channel: Channel<T>
  protected readonly line: HandleLine<never>

  constructor(channel: Channel<T>) {
    super()
    this.#channel = channel
    this.line = new HandleLine(channel.receivers, this)
    channel.openReceivers += 1
    nameResource('openChannel', this, channel.options)
  }

  get size(): number {
    return this.#channel.size
  }

  get senders(): number {
    return this.#channel.openSenders
  }

  protected take(): T {
    return this.#channel.take()
  }

  protected copy(): Receiver<T> {
    return new ChannelReceiver(this.#channel)
  }

  protected leave(): void {
    this.#channel.receiverClosed()
  }
}
