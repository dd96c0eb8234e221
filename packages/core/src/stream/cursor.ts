import type { ScopeNode } from '../lowlevel.ts'

/** In place of an item: there is none any more. */
export const END: unique symbol = Symbol('end')
export type End = typeof END

/**
 * One walk over a source, as the stages see it: what is there already comes at once, without a promise.
 *
 * One `next` at a time. After END there is nothing but END; after an error whoever opened it closes it.
 */
export interface Cursor<T> {
  next(): T | End | Promise<T | End>
  /**
   * Ends the walk and what it has opened, under a shield. Again, or after the end, it does nothing. A `next`
   * that is under way comes to its end; one after that gives END.
   */
  close(): Promise<void> | void
}

/** What can be walked, as often as its source can. */
export interface Source<T> {
  /** @param scope where tasks that work beside the consumer live */
  open(scope: ScopeNode): Cursor<T>
}

/** Where a stream keeps its opener, so that another stage need not go through its iterator. */
export const streamSource: unique symbol = Symbol('corral.opener')

/** So many items are passed on in one go, then others have a turn. */
export const ITEMS_PER_TURN = 32

/** What is to be awaited: a promise, a task, a future. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  )
}
