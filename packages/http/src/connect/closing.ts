import { suspend, Waiter, wake } from 'corral/lowlevel'

/** The end of a socket or a stream, for those who wait for it. */
export class Closing {
  #over = false
  #listeners: (() => void)[] = []

  /** Calls `then` when it is over, at once if it is. */
  onClose(then: () => void): void {
    if (this.#over) then()
    else this.#listeners.push(then)
  }

  /**
   * Waits until it is over; no cancellation shortens it, the grace does.
   *
   * @param owner what is shown as waited for
   */
  async wait(owner: object): Promise<void> {
    if (this.#over) return
    const waiter = new Waiter('HttpSession.close', owner, undefined, undefined, true)
    this.onClose(() => wake(waiter, undefined))
    await suspend(waiter)
  }

  /** It is over. */
  end(): void {
    this.#over = true
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }
}
