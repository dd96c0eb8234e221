import { nameResource, refused, requireFunction, tellOwners, tellStats } from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { LockState } from './lock-state.ts'
import { dispose, whileHeld } from './while-held.ts'

let stateOf: (lock: Lock) => LockState

/**
 * Lets in one task at a time, first come, first served: it is handed over directly, and nobody overtakes.
 * It belongs to the task that acquired it. If that task ends without releasing it, the lock is broken
 * until its permit is disposed, and calls until then get `BrokenError`.
 *
 * Cost: O(1) to acquire, to release and to leave the line, whatever its length.
 *
 * @example
 * const lock = new Lock()
 * using held = await lock.acquire()
 * @see asyncio.Lock, trio.StrictFIFOLock
 */
export class Lock {
  static {
    stateOf = (lock) => lock.#state
    tellOwners(this, (lock) => lock.#state.owners())
    tellStats(this, (lock) => ({ ...lock.#state.stats('Lock'), capacity: 1 }))
  }

  readonly #state = new LockState(this)

  constructor(options?: ResourceOptions) {
    nameResource('Lock', this, options)
  }

  /** Somebody holds it. */
  get locked(): boolean {
    return this.#state.holder !== undefined
  }

  /** How many stand in line. */
  get waiting(): number {
    return this.#state.line.size
  }

  /**
   * Waits for the lock. Dispose the result to release it; a second time does nothing.
   *
   * Cancellation: leaves the line, or was handed the lock and keeps it.
   *
   * @throws BrokenError when its holder has ended, also while waiting
   */
  acquire(): Promise<Disposable> {
    return this.#state.acquire('Lock.acquire', true)
  }

  /**
   * Takes the lock if it is free; never waits.
   *
   * @throws BrokenError when its holder has ended
   */
  tryAcquire(): Disposable | undefined {
    return this.#state.tryAcquire('Lock.tryAcquire')
  }

  /** Runs `fn` while holding the lock. */
  use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    if (typeof fn !== 'function') return refused(() => requireFunction('Lock.use: fn', fn))
    return whileHeld(this.acquire(), () => fn(), dispose)
  }
}

export { stateOf }
