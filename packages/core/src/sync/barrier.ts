import { BrokenError } from '../errors.ts'
import {
  failAll,
  isUncancelled,
  nameResource,
  ready,
  requireCount,
  suspend,
  tellStats,
  Waiter,
  WaitQueue,
  wake,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'

/**
 * Holds tasks back until a given number of them have arrived, releases them all, and starts over.
 *
 * Cost: O(1) to wait and to leave, O(parties) for the last to come.
 *
 * @example
 * const barrier = new Barrier(3)
 * const place = await barrier.wait() // 0, 1 or 2
 * @see asyncio.Barrier, java.util.concurrent.CyclicBarrier
 */
export class Barrier {
  static {
    tellStats(this, ({ parties, waiting, broken }) => {
      return { type: 'Barrier', capacity: parties, waiting, state: broken ? 'broken' : 'whole' }
    })
  }

  /** How many it takes. */
  readonly parties: number
  readonly #line = new WaitQueue<number>()
  #broken = false

  /** @param parties a whole number of at least 1 */
  constructor(parties: number, options?: ResourceOptions) {
    requireCount('Barrier: parties', parties)
    nameResource('Barrier', this, options)
    this.parties = parties
  }

  /** How many have come and are held back. */
  get waiting(): number {
    return this.#line.size
  }

  /** It was aborted and not reset since. */
  get broken(): boolean {
    return this.#broken
  }

  /**
   * Waits until all have arrived. The result is the place in line, from 0, a different one for each.
   *
   * Cancellation: leaves the line, so that one more has to come. Once the last has come it is not cut
   * short any more.
   *
   * @throws BrokenError when it is aborted, or reset while it waits
   */
  wait(): Promise<number> {
    if (isUncancelled()) {
      if (this.#broken) return Promise.reject(broken(aborted))
      const place = this.#line.size
      if (place === this.parties - 1) {
        let i = 0
        for (const waiter of this.#line) wake(waiter, i++)
        return ready('Barrier.wait', this, place)
      }
    }
    return suspend(new Waiter<number>('Barrier.wait', this, this.#line))
  }

  /** Starts over: those held back get `BrokenError`, later callers form a new round. */
  reset(): void {
    this.#broken = false
    failAll(this.#line, () => broken('reset; wait again to go along'))
  }

  /** Current and later callers get `BrokenError`, until it is reset. */
  abort(): void {
    this.#broken = true
    failAll(this.#line, () => broken(aborted))
  }
}

const aborted = 'aborted; reset it to use it again'

function broken(how: string): BrokenError {
  return new BrokenError(`Barrier.wait: the barrier was ${how}`)
}
