import { wakeWithError } from '../lowlevel.ts'
import type { Line, Waiter, WaitQueue } from '../lowlevel.ts'

/** Those who wait on one handle, among all the others in the line of its channel. */
export class HandleLine<T> implements Line {
  /** How many wait on the handle. */
  size = 0
  readonly #line: WaitQueue<T>
  readonly #handle: object

  constructor(line: WaitQueue<T>, handle: object) {
    this.#line = line
    this.#handle = handle
  }

  add(waiter: Waiter<T>): void {
    this.#line.add(waiter)
    this.size += 1
  }

  remove(waiter: Waiter<T>): void {
    this.#line.remove(waiter)
    this.size -= 1
  }

  /** The handle is closed: turns away those who wait on it. Walks the line until it has found them all. */
  failAll(error: () => unknown): void {
    for (const waiter of this.#line) {
      if (this.size === 0) return
      if (waiter.resource === this.#handle) wakeWithError(waiter, error)
    }
  }
}
