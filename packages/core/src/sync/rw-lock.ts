import { nameResource, tellOwners, tellStats } from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { LockState } from './lock-state.ts'

/**
 * Lets in any number of readers, or one writer, first come, first served: a writer in line holds back the
 * readers behind it, so that neither side starves. It belongs to its holders: if one of them ends without
 * releasing it, the lock is broken until its permit is disposed, and calls until then get `BrokenError`.
 *
 * Cost: O(1) to acquire, to release and to leave the line, whatever its length.
 *
 * @example
 * const lock = new RwLock()
 * using reading = await lock.read()
 * @see tokio::sync::RwLock, Python has none
 */
export class RwLock {
  static {
    tellOwners(this, (lock) => lock.#state.owners())
    tellStats(this, (lock) => lock.#state.stats('RwLock'))
  }

  readonly #state = new LockState(this)

  constructor(options?: ResourceOptions) {
    nameResource('RwLock', this, options)
  }

  /** How many read. */
  get readers(): number {
    return this.#state.readers
  }

  /** Somebody writes. */
  get writing(): boolean {
    return this.#state.holder !== undefined
  }

  /** How many stand in line. */
  get waiting(): number {
    return this.#state.line.size
  }

  /**
   * Waits until nobody writes and nobody is in line. Dispose what it returns to stop reading.
   *
   * Cancellation: leaves the line, or was let in and stays.
   *
   * @throws BrokenError when a holder has ended, also while waiting
   */
  read(): Promise<Disposable> {
    return this.#state.acquire('RwLock.read', false)
  }

  /**
   * Waits until nobody reads, writes or is in line. Dispose what it returns to stop writing.
   *
   * Cancellation: leaves the line and lets in the readers behind it, or was let in and stays.
   *
   * @throws BrokenError when a holder has ended, also while waiting
   */
  write(): Promise<Disposable> {
    return this.#state.acquire('RwLock.write', true)
  }
}
