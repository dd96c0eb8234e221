/**
 * The sending end of a channel. The channel ends when the last of its senders is closed, so give each
 * producer a clone of its own, and close it when the producer is done.
 *
 * @example
 * const clone = sender.clone()
 * spawn(async () => {
 *   using mine = clone
 *   await mine.send('hello')
 * })
 */
export interface Sender<T> extends Disposable {
  /** This handle was closed. */
  readonly closed: boolean
  readonly capacity: number
  /** How many items are in the channel. */
  readonly size: number
  /** How many handles can still receive; at 0 sending is refused. */
  readonly receivers: number
  /** How many wait in `send` on this handle. */
  readonly waiting: number
  /**
   * Sends an item, and waits for room first; with capacity 0, for somebody who takes it.
   *
   * Cancellation: the item was not sent; or it was, and the cancellation surfaces at the next call.
   *
   * @throws ClosedError when this handle is closed, also while waiting
   * @throws BrokenError when every receiver is closed, also while waiting
   */
  send(item: T): Promise<void>
  /**
   * Sends an item if there is room, or somebody waits for it; never waits. False when there is none.
   *
   * @throws ClosedError when this handle is closed
   * @throws BrokenError when every receiver is closed
   */
  trySend(item: T): boolean
  /**
   * Another handle, closed separately.
   *
   * @throws ClosedError when this handle is closed
   */
  clone(): Sender<T>
  /** Closes this handle; whoever waits on it gets `ClosedError`. Twice is once. */
  close(): void
}
