import { BrokenError, MisuseError } from '../errors.ts'
import { currentScope, failAll, isUncancelled, suspend, Waiter } from '../lowlevel.ts'
import type { TaskRecord } from '../lowlevel.ts'
import { OwnedPermit } from './owned-permit.ts'
import type { Keeper } from './owned-permit.ts'
import { PermitQueue } from './permit-queue.ts'

/**
 * The inside of a lock, which its conditions work on too. One holds it by an exclusive permit, or any
 * number by permits that are not: readers.
 */
export class LockState implements Keeper {
  /** Who holds the exclusive permit; also when it is broken, who ended with it. */
  holder: OwnedPermit | undefined
  readers = 0
  readonly line: PermitQueue<OwnedPermit> = new PermitQueue((permit) => this.#grant(permit))
  /** Those who gave the lock up to wait for a condition. */
  readonly asleep: Set<Waiter<Disposable>> = new Set()
  readonly #lock: object
  /** How often a task reads: several reads that it waited for together are let in together. Made with the first. */
  #reads: Map<TaskRecord, number> | undefined
  /** It is broken: who held it has ended. */
  #abandonedBy: TaskRecord | undefined

  constructor(lock: object) {
    this.#lock = lock
  }

  acquire(api: string, exclusive: boolean): Promise<Disposable> {
    const { task } = currentScope()
    if (this.#abandonedBy !== undefined && isUncancelled()) return Promise.reject(this.#broken(api))
    return this.line.acquire(api, this.#lock, new OwnedPermit(this, exclusive, task))
  }

  tryAcquire(api: string): Disposable | undefined {
    const { task } = currentScope()
    if (this.#abandonedBy !== undefined) throw this.#broken(api)
    return this.line.take(new OwnedPermit(this, true, task))
  }

  release(permit: OwnedPermit): void {
    if (permit.exclusive) this.holder = undefined
    else this.#count(permit, -1)
    this.line.serve()
  }

  abandon({ task }: OwnedPermit): void {
    this.#abandonedBy = task
    failAll([...this.line, ...this.asleep], (api) => this.#broken(api))
  }

  /** @throws MisuseError when nobody holds it */
  requireHolder(api: string): OwnedPermit {
    const { holder } = this
    if (holder === undefined || this.#abandonedBy !== undefined) {
      throw new MisuseError(`${api}: the lock is not held; acquire condition.lock first`)
    }
    return holder
  }

  /** Takes the lock back for a parked permit; no cancellation keeps it from it. */
  reclaim(permit: OwnedPermit): Promise<Disposable> {
    if (this.#abandonedBy !== undefined) return Promise.reject(this.#broken('Condition.wait'))
    const back = suspend(
      new Waiter<Disposable>('Lock.acquire', this.#lock, this.line, permit, true),
    )
    this.line.serve()
    return back
  }

  owners(): TaskRecord[] {
    const task = this.holder?.task
    return task === undefined ? [...(this.#reads?.keys() ?? [])] : [task]
  }

  /** One that was disposed while it was parked counts as granted, and is held by nobody. */
  #grant(permit: OwnedPermit): OwnedPermit | undefined {
    if (this.holder !== undefined || (permit.exclusive && this.readers > 0)) return undefined
    if (!permit.take()) return permit
    if (permit.exclusive) this.holder = permit
    else this.#count(permit, 1)
    return permit
  }

  #count({ task }: OwnedPermit, change: 1 | -1): void {
    this.readers += change
    if (task === undefined) return
    this.#reads ??= new Map()
    const reads = (this.#reads.get(task) ?? 0) + change
    if (reads > 0) this.#reads.set(task, reads)
    else this.#reads.delete(task)
  }

  #broken(api: string): BrokenError {
    return new BrokenError(
      `${api}: task ${this.#abandonedBy?.name} ended while it held the lock; make a new lock, and check what it guards`,
    )
  }
}
