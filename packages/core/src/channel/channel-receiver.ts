import { ClosedError } from '../errors.ts'
import { uncancelled } from '../lowlevel.ts'
import type { Channel } from './channel.ts'
import { HandleLine } from './handle-line.ts'
import { iteratorOver } from './iterator-over.ts'
import type { Receiver } from './receiver.ts'
import type { Taken } from './taker-line.ts'

/** A receiving handle of a channel. */
export class ChannelReceiver<T> implements Receiver<T> {
  protected readonly channel: Channel<T>
  readonly #line: HandleLine<never>
  #closed = false

  constructor(channel: Channel<T>) {
    this.channel = channel
    this.#line = new HandleLine(channel.takers, this)
    channel.receivers += 1
  }

  get closed(): boolean {
    return this.#closed
  }

  get size(): number {
    return this.channel.size
  }

  get senders(): number {
    return this.channel.senders
  }

  get waiting(): number {
    return this.#line.size
  }

  receive(): Promise<T> {
    return this.#receive(false) as Promise<T>
  }

  tryReceive(): T | undefined {
    this.check('tryReceive')
    return this.channel.stocked ? this.channel.take() : undefined
  }

  clone(): Receiver<T> {
    if (this.#closed) throw closed('clone')
    return this.copy()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#line.end(() => closed('receive'))
    this.channel.receiverClosed()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return iteratorOver(() => this.#receive(true) as Promise<IteratorResult<T, undefined>>)
  }

  get [Symbol.toStringTag](): string {
    return 'Receiver'
  }

  /** @throws why this handle must not take the next item */
  protected check(method: string): void {
    if (this.#closed) throw closed(method)
  }

  protected copy(): Receiver<T> {
    return new ChannelReceiver(this.channel)
  }

  #receive(iterates: boolean): Promise<Taken<T>> {
    try {
      if (uncancelled()) this.check('receive')
    } catch (error) {
      return Promise.reject(error)
    }
    return this.channel.receive('Receiver.receive', this, iterates, this.#line)
  }
}

function closed(method: string): ClosedError {
  return new ClosedError(
    `Receiver.${method}: this receiver is closed; clone it before it is closed, or subscribe again`,
  )
}
