import { wake } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'
import { BaseReceiver, ended } from './base-receiver.ts'
import type { Receiver } from './receiver.ts'
import { TakerLine } from './taker-line.ts'
import type { Taken } from './taker-line.ts'

/** What a watch and its receivers share. */
export interface Watched<T> {
  readonly receivers: Set<WatchReceiver<T>>
  value: T
  /** How often it was set. */
  version: number
  closed: boolean
}

/** A receiver of a watch: there is something to take while it has not seen the latest value. */
export class WatchReceiver<T> extends BaseReceiver<T> {
  protected readonly line: TakerLine<T> = new TakerLine<T>()
  readonly #watched: Watched<T>
  #seen: number
  /** Somebody was woken who has not gone on yet: whatever is set before that is seen then. */
  #granted = false

  constructor(watched: Watched<T>, seen: number) {
    super()
    this.#watched = watched
    this.#seen = seen
    watched.receivers.add(this)
  }

  get size(): number {
    return this.#seen < this.#watched.version ? 1 : 0
  }

  get senders(): number {
    return this.#watched.closed ? 0 : 1
  }

  /** The value was set: wakes the first in line, who takes the value as it is when it goes on. */
  changed(): void {
    const taker = this.line.first as Waiter<Taken<T>> | undefined
    if (this.#granted || taker !== undefined) this.#seen = this.#watched.version
    if (this.#granted || taker === undefined) return
    this.#granted = true
    const step = taker.data === true
    const latest = {
      then: (resolve: (taken: Taken<T>) => void): void => {
        this.#granted = false
        const { value } = this.#watched
        resolve(step ? { done: false, value } : value)
      },
    }
    wake(taker, latest as Taken<T>)
  }

  /** Nothing more will be set. */
  end(): void {
    this.line.end(ended)
  }

  protected take(): T {
    this.#seen = this.#watched.version
    return this.#watched.value
  }

  protected copy(): Receiver<T> {
    return new WatchReceiver(this.#watched, this.#seen)
  }

  protected leave(): void {
    this.#watched.receivers.delete(this)
  }
}
