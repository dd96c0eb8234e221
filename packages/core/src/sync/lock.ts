import { requireFunction, tellOwners } from '../lowlevel.ts'
import { LockState } from './lock-state.ts'

let stateOf: (lock: Lock) => LockState

/**
 * Lets one task at a time in, first come first served: it goes from hand to hand, and nobody overtakes.
 * It belongs to the task that acquired it. If that task ends without releasing it the lock is broken:
 * those who wait for it and those who come later get `BrokenError`.
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
  }

  readonly #state = new LockState(this)

  /** Somebody holds it. */
  get locked(): boolean {
    return this.#state.holder !== undefined
  }

  /** How many stand in line. */
  get waiting(): number {
    return this.#state.line.size
  }

  /**
   * Waits for the lock. Dispose what it returns to release it; twice is once.
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
  async use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    requireFunction('Lock.use: fn', fn)
    const held = await this.acquire()
    try {
      return await fn()
    } finally {
      held[Symbol.dispose]()
    }
  }
}

export { stateOf }
