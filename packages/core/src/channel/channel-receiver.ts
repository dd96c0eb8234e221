import { ClosedError } from '../errors.ts'
import { currentScope, ready, suspend, Waiter } from '../lowlevel.ts'
import { ended } from './channel.ts'
import type { Channel } from './channel.ts'
import { end } from './exchange.ts'
import { HandleLine } from './handle-line.ts'
import { iteratorOver } from './iterator-over.ts'
import type { Receiver } from './receiver.ts'

/** A receiving handle of a channel. */
export class ChannelReceiver<T> implements Receiver<T> {
  readonly #channel: Channel<T>
  readonly #line: HandleLine<never>
  #closed = false

  constructor(channel: Channel<T>) {
    this.#channel = channel
    this.#line = new HandleLine(channel.exchange.takers, this)
    channel.receivers += 1
  }

  get closed(): boolean {
    return this.#closed
  }

  get size(): number {
    const { buffer, givers } = this.#channel.exchange
    return buffer.size + givers.size
  }

  get senders(): number {
    return this.#channel.senders
  }

  get waiting(): number {
    return this.#line.size
  }

  receive(): Promise<T> {
    const scope = currentScope()
    const { exchange } = this.#channel
    if (scope.governor === undefined) {
      if (this.#closed) return Promise.reject(closed('receive'))
      if (exchange.stocked) return ready('Receiver.receive', this, exchange.take(), scope)
      if (this.senders === 0) return Promise.reject(ended())
    }
    return suspend(new Waiter<T>('Receiver.receive', this, this.#line), scope)
  }

  tryReceive(): T | undefined {
    if (this.#closed) throw closed('tryReceive')
    const { exchange } = this.#channel
    return exchange.stocked ? exchange.take() : undefined
  }

  clone(): Receiver<T> {
    if (this.#closed) throw closed('clone')
    return new ChannelReceiver(this.#channel)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#line.turnAway(() => closed('receive'))
    this.#channel.receiverClosed()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return iteratorOver(() => this.#next())
  }

  get [Symbol.toStringTag](): string {
    return 'Receiver'
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    const scope = currentScope()
    const { exchange } = this.#channel
    if (scope.governor === undefined) {
      if (this.#closed) return Promise.reject(closed('receive'))
      if (exchange.stocked) {
        return ready('Receiver.receive', this, { done: false, value: exchange.take() }, scope)
      }
      if (this.senders === 0) return ready('Receiver.receive', this, end, scope)
    }
    return suspend(
      new Waiter<IteratorResult<T, undefined>>('Receiver.receive', this, this.#line, true),
      scope,
    )
  }
}

function closed(method: string): ClosedError {
  return new ClosedError(
    `Receiver.${method}: this receiver is closed; clone it before it is closed, or subscribe again`,
  )
}
