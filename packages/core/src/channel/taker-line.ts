import { WaitQueue, wake, wakeWithError } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'

/** What a taker is woken with: the item, or, if it iterates, the item as a step of its loop. */
export type Taken<T> = T | IteratorResult<T, undefined>

/** The step that ends a loop. */
export const end: IteratorResult<never, undefined> = { done: true, value: undefined }

/** Those who wait for an item, first come first served. A waiter whose `data` is true iterates. */
export class TakerLine<T> extends WaitQueue<never> {
  /** Hands the item to the first in line; false when nobody waits. */
  hand(item: T): boolean {
    const taker = this.first as Waiter<Taken<T>> | undefined
    if (taker === undefined) return false
    return wake(taker, taker.data === true ? { done: false, value: item } : item)
  }

  /** There is nothing more to take: loops end, the others get the error. */
  end(error: () => unknown): void {
    for (let taker = this.first; taker !== undefined; taker = this.first) {
      if (taker.data === true) wake(taker as Waiter<Taken<T>>, end)
      else wakeWithError(taker, error)
    }
  }

  /** Everybody in line gets the error. */
  turnAway(error: () => unknown): void {
    for (let taker = this.first; taker !== undefined; taker = this.first) {
      wakeWithError(taker, error)
    }
  }
}
