import { WaitQueue, wake, wakeWithError } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'

/** What a receiver is woken with: the item, or, if it iterates, the item as a step of its loop. */
export type Received<T> = T | IteratorResult<T, undefined>

/** The step that ends a loop. */
export const end: IteratorResult<never, undefined> = { done: true, value: undefined }

/** An item for one who iterates, or does not. */
export function received<T>(item: T, iterates: unknown): Received<T> {
  return iterates === true ? { done: false, value: item } : item
}

/** Those who wait for an item, first come first served. A waiter whose `data` is true iterates. */
export class ReceiverQueue<T> extends WaitQueue<never> {
  /** Why there is nothing to take any more, when what is there is gone. */
  ended: (() => Error) | undefined

  /** Hands the item to the first in line; false when nobody waits. */
  hand(item: T): boolean {
    const receiver = this.first as Waiter<Received<T>> | undefined
    return receiver !== undefined && wake(receiver, received(item, receiver.data))
  }

  /** Nothing more will come: loops end, the others get the error. */
  end(error: () => Error): void {
    this.ended = error
    for (const receiver of this) {
      if (receiver.data === true) wake(receiver as Waiter<Received<T>>, end)
      else wakeWithError(receiver, error)
    }
  }

  /** Everybody in line gets the error. */
  failAll(error: () => unknown): void {
    for (const receiver of this) wakeWithError(receiver, error)
  }
}
