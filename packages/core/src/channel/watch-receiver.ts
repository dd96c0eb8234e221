import { wake } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'
import type { Receiver } from './receiver.ts'
import { Subscription } from './subscription.ts'
import type { Feed } from './subscription.ts'
import { taken } from './taker-line.ts'
import type { Taken } from './taker-line.ts'

/** What a watch and its receivers share. */
export interface Watched<T> extends Feed<T> {
  value: T
}

/** A receiver of a watch: one of a broadcast that keeps the latest value only, and misses the others gladly. */
export class WatchReceiver<T> extends Subscription<T> {
  readonly #watched: Watched<T>
  /** Somebody was woken who has not gone on yet: whatever is set before that is seen then. */
  #granted = false

  constructor(watched: Watched<T>, from?: WatchReceiver<T>) {
    super(watched, from)
    this.#watched = watched
  }

  /** The value was set: wakes the first in line, who takes the value as it is when it goes on. */
  override offer(value: T): void {
    if (this.#granted) return
    const taker = this.channel.takers.first as Waiter<Taken<T>> | undefined
    if (taker === undefined) {
      this.channel.buffer.shift()
      return super.offer(value)
    }
    this.#granted = true
    const latest = {
      then: (resolve: (taken: Taken<T>) => void): void => {
        this.#granted = false
        resolve(taken(this.#watched.value, taker.data))
      },
    }
    wake(taker, latest as Taken<T>)
  }

  protected override copy(): Receiver<T> {
    return new WatchReceiver(this.#watched, this)
  }
}
