import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'

/** Something that was asked of a database, until it is over there: it is ready for more, or gone. */
export class Exchange<Reply> {
  done = false
  reply: Reply | undefined
  error: unknown
  readonly #line = new WaitQueue()
  readonly #owner: object

  /** @param owner what is shown as waited for */
  constructor(owner: object) {
    this.#owner = owner
  }

  /** The outcome may be known before it is over. */
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
