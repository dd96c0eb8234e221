import { WaitQueue } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'

/** A line that says when the first has come, and when the last has gone. */
export class PresenceQueue<T> extends WaitQueue<T> {
  readonly #changed: (somebody: boolean) => void

  constructor(changed: (somebody: boolean) => void, left?: (waiter: Waiter<T>) => void) {
    super(left)
    this.#changed = changed
  }

  override add(waiter: Waiter<T>): void {
    super.add(waiter)
    if (this.size === 1) this.#changed(true)
  }

  override remove(waiter: Waiter<T>): void {
    super.remove(waiter)
    if (this.size === 0) this.#changed(false)
  }
}
