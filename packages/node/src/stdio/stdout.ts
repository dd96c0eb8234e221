import { isatty } from 'node:tty'
import { isUncancelled, ready, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'

/** What this process prints. `stdout` is the one of it. */
class Stdout {
  readonly #line = new WaitQueue()
  #isGone = false
  #isHeard = false

  /**
   * Prints; waits until the system has taken it. False when nobody will read it any more: that ends no process, so stop then.
   *
   * Cancellation: throws `Cancelled`; what was given to it is printed all the same.
   */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (!isUncancelled()) await suspend(new Waiter('stdout.write', this))
    this.#hear()
    if (this.#isGone || process.stdout.destroyed) return false
    process.stdout.write(bytes, this.#wake)
    await this.flush()
    return !this.#isGone
  }

  /** Waits until all that was printed, by `console.log` too, is taken or nobody is left to take it. */
  async flush(): Promise<void> {
    this.#hear()
    while (process.stdout.writableLength > 0 && !this.#isGone) {
      await suspend(new Waiter('stdout.flush', this, this.#line))
    }
    await ready('stdout.flush', this, undefined)
  }

  /** Whether it is a terminal. */
  get isTerminal(): boolean {
    return isatty(1)
  }

  get [Symbol.toStringTag](): string {
    return 'stdout'
  }

  #hear(): void {
    if (this.#isHeard) return
    this.#isHeard = true
    process.stdout.on('drain', this.#wake).on('close', this.#gone).on('error', this.#gone)
  }

  readonly #gone = (): void => {
    this.#isGone = true
    this.#wake()
  }

  readonly #wake = (): void => {
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}

export type { Stdout }

/**
 * What this process prints, waited for: a slow reader holds us back, and nothing is cut off at the end.
 *
 * @example
 * for (const page of pages) if (!(await stdout.write(page))) break
 */
export const stdout: Stdout = new Stdout()
