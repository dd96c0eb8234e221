import { isatty } from 'node:tty'
import { isUncancelled, ready, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'

/** The standard output of this process. `stdout` is its only instance. */
class Stdout {
  readonly #line = new WaitQueue()
  #isGone = false
  #isHeard = false

  /**
   * Prints; waits until the system has accepted it. Returns false when the reader is gone: that does not end the
   * process, so stop then.
   *
   * Cancellation: throws `Cancelled`; the bytes are printed regardless.
   */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (!isUncancelled()) await suspend(new Waiter('stdout.write', this))
    this.#hear()
    if (this.#isGone || process.stdout.destroyed) return false
    process.stdout.write(bytes, this.#wake)
    await this.flush()
    return !this.#isGone
  }

  /** Waits until everything printed, by `console.log` too, is accepted, or the reader is gone. */
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
 * Standard output with waiting: a slow reader applies back-pressure, and nothing is cut off at the end.
 *
 * @example
 * for (const page of pages) if (!(await stdout.write(page))) break
 */
export const stdout: Stdout = new Stdout()
