/**
 * The receiving end of a channel, a broadcast or a watch. A `for await` loop over it takes item after item
 * and ends when no sender is left and it is drained; leaving the loop closes nothing.
 *
 * @example
 * using receiver = broadcast.subscribe()
 * for await (const item of receiver) console.log(item)
 */
export interface Receiver<T> extends AsyncIterable<T>, Disposable {
  /** This handle was closed. */
  readonly closed: boolean
  /** How many items could be received without waiting. */
  readonly size: number
  /** How many can still send; at 0 it ends when it is drained. */
  readonly senders: number
  /** How many wait in `receive` on this handle. */
  readonly waiting: number
  /**
   * Takes the next item, and waits for one if there is none.
   *
   * Cancellation: no item was taken; or it was granted one and gets it.
   *
   * @throws ClosedError when nobody can send any more and it is drained, or this handle is closed
   * @throws LaggedError when it missed items of a broadcast
   */
  receive(): Promise<T>
  /**
   * Takes the next item if there is one; never waits. Ask `size` first where an item may be undefined.
   *
   * @throws ClosedError when this handle is closed
   */
  tryReceive(): T | undefined
  /**
   * Another handle, closed separately. Those of a channel share the items, each of which goes to one of
   * them; those of a broadcast or a watch continue from the same place, and each gets every item.
   *
   * @throws ClosedError when this handle is closed
   */
  clone(): Receiver<T>
  /** Closes this handle; whoever waits on it gets `ClosedError`. Twice is once. */
  close(): void
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined>
}
