import { nameResource, wake } from '../lowlevel.ts'
import type { ResourceOptions, Waiter } from '../lowlevel.ts'
import { BaseReceiver, ended } from './base-receiver.ts'
import { ReceiverQueue } from './receiver-queue.ts'
import type { Received } from './receiver-queue.ts'
import type { Receiver } from './receiver.ts'

/** What a watch and its receivers share. */
export interface WatchState<T> {
  /** With the name that receivers go by, too. */
  readonly options: ResourceOptions
  readonly receivers: Set<WatchReceiver<T>>
  value: T
  /** How often it was set. */
  version: number
  closed: boolean
}

/** A receiver of a watch: there is something to take while it has not seen the latest value. */
export class WatchReceiver<T> extends BaseReceiver<T> {
  protected readonly line: ReceiverQueue<T> = new ReceiverQueue<T>()
  readonly #state: WatchState<T>
  #seen: number
  /** Somebody was woken who has not gone on yet: whatever is set before that is seen then. */
  #granted = false

  constructor(watched: WatchState<T>, seen: number) {
    super()
    this.#state = watched
    this.#seen = seen
    watched.receivers.add(this)
    nameResource('Watch', this, watched.options)
  }

  get size(): number {
    return this.#seen < this.#state.version ? 1 : 0
  }

  get senders(): number {
    return this.#state.closed ? 0 : 1
  }

  /** The value was set: wakes the first in line, who takes the value as it is when it goes on. */
  changed(): void {
    const receiver = this.line.first as Waiter<Received<T>> | undefined
    if (this.#granted || receiver !== undefined) this.#seen = this.#state.version
    if (this.#granted || receiver === undefined) return
    this.#granted = true
    const step = receiver.data === true
    const latest = {
      then: (resolve: (taken: Received<T>) => void): void => {
        this.#granted = false
        const { value } = this.#state
        resolve(step ? { done: false, value } : value)
      },
    }
    wake(receiver, latest as Received<T>)
  }

  /** Nothing more will be set. */
  end(): void {
    this.line.end(ended)
  }

  protected take(): T {
    this.#seen = this.#state.version
    return this.#state.value
  }

  protected copy(): Receiver<T> {
    return new WatchReceiver(this.#state, this.#seen)
  }

  protected leave(): void {
    this.#state.receivers.delete(this)
  }
}
