import { ClosedError } from '../errors.ts'
import { isUncancelled, ready, suspend, tellStats, Waiter } from '../lowlevel.ts'
import type { Line } from '../lowlevel.ts'
import { iteratorOver } from './iterator-over.ts'
import { end } from './receiver-queue.ts'
import type { Receiver } from './receiver.ts'

/** Those who wait on one handle. */
export interface ReceiverLine extends Line {
  readonly size: number
  /** Everybody in line gets the error. */
  failAll(error: () => unknown): void
}

/** What all receivers share; what there is to take is said by those who extend it. */
export abstract class BaseReceiver<T> implements Receiver<T> {
  static {
    tellStats<BaseReceiver<unknown>>(this, ({ size, waiting, closed }) => {
      const state = closed ? 'closed' : 'open'
      return { type: 'Receiver', size, waiting, waitingToTake: waiting, state }
    })
  }

  #closed = false

  abstract get size(): number
  abstract get senders(): number
  protected abstract readonly line: ReceiverLine
  /** Takes the next item: `size` is above 0. */
  protected abstract take(): T
  protected abstract copy(): Receiver<T>
  /** This handle is closed now. */
  protected abstract leave(): void

  get closed(): boolean {
    return this.#closed
  }

  get waiting(): number {
    return this.line.size
  }

  receive(): Promise<T> {
    if (isUncancelled()) {
      try {
        if (this.#available()) return ready('Receiver.receive', this, this.take())
      } catch (error) {
        return Promise.reject(error)
      }
      if (this.senders === 0) return Promise.reject(ended())
    }
    return suspend(new Waiter<T>('Receiver.receive', this, this.line))
  }

  tryReceive(): T | undefined {
    return this.#available('tryReceive') ? this.take() : undefined
  }

  clone(): Receiver<T> {
    if (this.#closed) throw closed('clone')
    return this.copy()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.line.failAll(closed)
    this.leave()
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
    if (isUncancelled()) {
      try {
        if (this.#available()) {
          return ready('Receiver.receive', this, { done: false, value: this.take() })
        }
      } catch (error) {
        return Promise.reject(error)
      }
      if (this.senders === 0) return ready('Receiver.receive', this, end)
    }
    return suspend(
      new Waiter<IteratorResult<T, undefined>>('Receiver.receive', this, this.line, true),
    )
  }

  #available(method?: string): boolean {
    if (this.#closed) throw closed(method)
    return this.size > 0
  }
}

/** Why there is nothing to receive any more. */
export function ended(): ClosedError {
  return new ClosedError(
    'Receiver.receive: nobody can send any more and all was received; loop with for await to end here',
  )
}

function closed(method = 'receive'): ClosedError {
  return new ClosedError(
    `Receiver.${method}: this receiver is closed; clone it before it is closed, or subscribe again`,
  )
}
