import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import type { QueryArrayResult } from 'pg'

/** What a statement gave: rows in arrays, in the order of `fields`. */
export type Reply = QueryArrayResult<unknown[]>

/** One statement under way: from when it was sent to when the server is ready for the next, or is gone. */
export class Exchange {
  /** The server is ready again, or the connection has ended. */
  done = false
  reply: Reply | undefined
  error: unknown
  readonly #line = new WaitQueue()
  readonly #owner: object

  /** @param owner what is shown as waited for */
  constructor(owner: object) {
    this.#owner = owner
  }

  /** pg tells the outcome before, sometimes long before, the server is ready for more. */
  note(error: unknown, reply: Reply | undefined): void {
    this.error ??= error ?? undefined
    this.reply = reply
  }

  end(error?: unknown): void {
    this.error ??= error
    this.done = true
    for (const waiter of this.#line) wake(waiter, undefined)
  }

  /**
   * Waits until it is done.
   *
   * Cancellation: gives up waiting, and no more.
   */
  async ended(): Promise<void> {
    // Called so, a test in virtual time knows that something outside goes on.
    if (!this.done) await suspend(new Waiter('cancellable', this.#owner, this.#line))
  }
}
