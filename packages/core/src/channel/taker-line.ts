import { WaitQueue, wake, wakeWithError } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'

/** What a taker is woken with: the item, or, if it iterates, the item as a step of its loop. */
export type Taken<T> = T | IteratorResult<T, undefined>

/** The step that ends a loop. */
export const end: IteratorResult<never, undefined> = { done: true, value: undefined }

/** An item for one who iterates, or does not. */
export function taken<T>(item: T, iterates: unknown): Taken<T> {
  return iterates === true ? { done: false, value: item } : item
}

/** Those who wait for an item, first come first served. A waiter whose `data` is true iterates. */
export class TakerLine<T> extends WaitQueue<never> {
  /** Why there is nothing to take any more, when what is there is gone. */
  ended: (() => Error) | undefined

  /** Hands the item to the first in line; false when nobody waits. */
  hand(item: T): boolean {
    const taker = this.first as Waiter<Taken<T>> | undefined
    return taker !== undefined && wake(taker, taken(item, taker.data))
  }

  /** Nothing more will come: loops end, the others get the error. */
  end(error: () => Error): void {
    this.ended = error
    for (const taker of this) {
      if (taker.data === true) wake(taker as Waiter<Taken<T>>, end)
      else wakeWithError(taker, error)
    }
  }

  /** Everybody in line gets the error. */
  turnAway(error: () => unknown): void {
    for (const taker of this) wakeWithError(taker, error)
  }
}
