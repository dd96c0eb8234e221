import { BrokenError, MisuseError } from '../errors.ts'
import { currentScope, failAll, isUncancelled, suspend, Waiter } from '../lowlevel.ts'
import type { ResourceStats, TaskRecord } from '../lowlevel.ts'
import { OwnedPermit } from './owned-permit.ts'
import type { Keeper } from './owned-permit.ts'
import { PermitQueue } from './permit-queue.ts'

/**
 * The inside of a lock, which its conditions work on too. One holds it by an exclusive permit, or any
 * number by permits that are not: readers.
 */
export class LockState implements Keeper {
  /** The exclusive permit that is held; also by a task that has ended. */
  holder: OwnedPermit | undefined
  readers = 0
  readonly line: PermitQueue<OwnedPermit> = new PermitQueue((permit) => this.#grant(permit))
  /** Those who gave the lock up to wait for a condition. */
  readonly asleep: Set<Waiter<Disposable>> = new Set()
  readonly #lock: object
  /** How often a task reads: several reads that it waited for together are let in together. Made with the first. */
  #reads: Map<TaskRecord, number> | undefined
  /** What tasks that have ended still hold: while there is any, it is broken. */
  #abandoned: Set<OwnedPermit> | undefined

  constructor(lock: object) {
    this.#lock = lock
  }

  acquire(api: string, exclusive: boolean): Promise<Disposable> {
    const { task } = currentScope()
    if (this.#abandoned !== undefined && isUncancelled()) return Promise.reject(this.#broken(api))
    return this.line.acquire(api, this.#lock, new OwnedPermit(this, exclusive, task))
  }

  tryAcquire(api: string): Disposable | undefined {
    const { task } = currentScope()
    if (this.#abandoned !== undefined) throw this.#broken(api)
    return this.line.take(new OwnedPermit(this, true, task))
  }

  release(permit: OwnedPermit): void {
    if (permit.exclusive) this.holder = undefined
    else this.#count(permit, -1)
    this.#abandoned?.delete(permit)
    if (this.#abandoned?.size === 0) this.#abandoned = undefined
    this.line.serve()
  }

  abandon(permit: OwnedPermit): void {
    ;(this.#abandoned ??= new Set()).add(permit)
    failAll([...this.line, ...this.asleep], (api) => this.#broken(api))
  }

  /** @throws MisuseError when nobody holds it */
  requireHolder(api: string): OwnedPermit {
    const { holder } = this
    if (holder === undefined || this.#abandoned !== undefined) {
      throw new MisuseError(`${api}: the lock is not held; acquire condition.lock first`)
    }
    return holder
  }

  /** Takes the lock back for a parked permit; no cancellation keeps it from it. */
  reclaim(permit: OwnedPermit): Promise<Disposable> {
    if (this.#abandoned !== undefined) return Promise.reject(this.#broken('Condition.wait'))
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

  /** What a lock of class `type` tells of itself. */
  stats(type: string): ResourceStats {
    const held = this.holder === undefined ? this.readers : 1
    let known = this.holder?.task === undefined ? 0 : 1
    for (const reads of this.#reads?.values() ?? []) known += reads
    const state = this.#abandoned === undefined ? 'whole' : 'broken'
    return { type, held, holdersUnknown: known < held, waiting: this.line.size, state }
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
    const [permit] = this.#abandoned ?? []
    return new BrokenError(
      `${api}: task ${permit?.task?.name} ended while it held the lock; dispose what acquire gave it, and check what the lock guards`,
    )
  }
}
