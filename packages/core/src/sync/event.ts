import {
  isUncancelled,
  nameResource,
  ready,
  suspend,
  tellStats,
  Waiter,
  WaitQueue,
  wakeAll,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'

/**
 * A flag that tasks wait for. `set` wakes all of them, and later callers do not wait, until `clear`.
 *
 * Cost: O(1) to wait and to leave, O(waiting) to set.
 *
 * @example
 * const started = new Event()
 * spawn(async () => {
 *   await started.wait()
 *   console.log('go')
 * })
 * started.set()
 * @see asyncio.Event, trio.Event
 */
export class Event {
  static {
    tellStats(this, ({ waiting, isSet }) => {
      return { type: 'Event', waiting, state: isSet ? 'set' : 'clear' }
    })
  }

  readonly #line = new WaitQueue()
  #set = false

  constructor(options?: ResourceOptions) {
    nameResource('Event', this, options)
  }

  get isSet(): boolean {
    return this.#set
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#line.size
  }

  /** Lets everybody go on who waits now, even if `clear` follows at once. Again it does nothing. */
  set(): void {
    this.#set = true
    wakeAll(this.#line, undefined)
  }

  /** From now on `wait` waits again. */
  clear(): void {
    this.#set = false
  }

  /**
   * Waits until it is set; returns at once when it is.
   *
   * Cancellation: leaves the line. Once `set` was called it is not cut short any more.
   */
  wait(): Promise<void> {
    if (this.#set && isUncancelled()) return ready('Event.wait', this, undefined)
    return suspend(new Waiter('Event.wait', this, this.#line))
  }
}
