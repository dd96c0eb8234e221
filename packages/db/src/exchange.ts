import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'

const over = Promise.resolve()

/** A request to a database, until the database is ready for more, or gone. */
export class Exchange<Reply> {
  done = false
  reply: Reply | undefined
  error: unknown
  readonly #line = new WaitQueue()
  readonly #owner: object

  /** @param owner shown as the resource being waited for */
  constructor(owner: object) {
    this.#owner = owner
  }

  /** The outcome may be known before the request is over. */
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
   * Cancellation: stops waiting, nothing else.
   */
  ended(): Promise<void> {
    // Registered this way, a test in virtual time knows that real work is in progress.
    return this.done ? over : suspend(new Waiter('cancellable', this.#owner, this.#line))
  }
}
