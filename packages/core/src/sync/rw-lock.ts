import { BrokenError, MisuseError } from '../errors.ts'
import {
  currentScope,
  ready,
  suspend,
  tellOwners,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { TaskRecord } from '../lowlevel.ts'
import { OwnedPermit } from './owned-permit.ts'
import type { Keeper } from './owned-permit.ts'

/**
 * Lets in any number of tasks that read, or one that writes, first come first served: a writer in line
 * holds back the readers behind it, so that neither side starves. It belongs to those who hold it: if
 * one of them ends without giving it back the lock is broken, and whoever wants it gets `BrokenError`.
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
    tellOwners(this, (lock) => [...lock.#holders.keys()])
  }

  /** Whether those in line want to write is their `data`; one that leaves may have held back readers. */
  readonly #line = new WaitQueue<Disposable>(() => this.#serve())
  /** How often a task holds it: several reads that it waited for together are let in together. */
  readonly #holders = new Map<TaskRecord, number>()
  readonly #keeper: Keeper = {
    release: (permit) => this.#release(permit),
    abandon: (permit) => this.#abandon(permit),
  }
  #readers = 0
  #writer: OwnedPermit | undefined
  #abandonedBy: TaskRecord | undefined

  /** How many read. */
  get readers(): number {
    return this.#readers
  }

  /** Somebody writes. */
  get writing(): boolean {
    return this.#writer !== undefined
  }

  /** How many stand in line. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Waits until nobody writes and nobody is in line. Dispose what it returns to stop reading.
   *
   * Cancellation: leaves the line, or was let in and stays.
   *
   * @throws MisuseError when the current task holds the lock already: it could wait for itself
   * @throws BrokenError when a holder has ended, also while waiting
   */
  read(): Promise<Disposable> {
    return this.#acquire('RwLock.read', false)
  }

  /**
   * Waits until nobody reads, writes or is in line. Dispose what it returns to stop writing.
   *
   * Cancellation: leaves the line and lets in the readers behind it, or was let in and stays.
   *
   * @throws MisuseError when the current task holds the lock already, also to read
   * @throws BrokenError when a holder has ended, also while waiting
   */
  write(): Promise<Disposable> {
    return this.#acquire('RwLock.write', true)
  }

  #acquire(api: string, write: boolean): Promise<Disposable> {
    const scope = currentScope()
    const { task } = scope
    if (scope.governor === undefined) {
      if (this.#abandonedBy !== undefined) return Promise.reject(this.#broken(api))
      if (task !== undefined && this.#holders.has(task)) {
        return Promise.reject(
          new MisuseError(
            `${api}: task ${task.name} holds it already; release it first, or acquire it in another task`,
          ),
        )
      }
      if (this.#line.size === 0 && this.#admits(write)) {
        return ready(api, this, this.#admit(write, task), scope)
      }
    }
    return suspend(new Waiter<Disposable>(api, this, this.#line, write), scope)
  }

  #admits(write: boolean): boolean {
    return this.#writer === undefined && (!write || this.#readers === 0)
  }

  #admit(write: boolean, task: TaskRecord | undefined): Disposable {
    const permit = new OwnedPermit(this.#keeper)
    permit.take(task)
    if (task !== undefined) this.#holders.set(task, (this.#holders.get(task) ?? 0) + 1)
    if (write) this.#writer = permit
    else this.#readers += 1
    return permit
  }

  #release(permit: OwnedPermit): void {
    if (permit === this.#writer) this.#writer = undefined
    else this.#readers -= 1
    if (permit.task !== undefined) this.#forget(permit.task)
    this.#serve()
  }

  #forget(task: TaskRecord): void {
    const left = (this.#holders.get(task) as number) - 1
    if (left > 0) this.#holders.set(task, left)
    else this.#holders.delete(task)
  }

  #serve(): void {
    for (let next = this.#line.first; next !== undefined; next = this.#line.first) {
      const write = next.data as boolean
      if (!this.#admits(write)) return
      wake(next, this.#admit(write, next.scope?.task))
    }
  }

  #abandon(permit: OwnedPermit): void {
    this.#abandonedBy = permit.task
    for (const waiter of this.#line) wakeWithError(waiter, () => this.#broken(waiter.kind))
  }

  #broken(api: string): BrokenError {
    return new BrokenError(
      `${api}: task ${this.#abandonedBy?.name} ended while it held the lock; make a new lock, and check what it guards`,
    )
  }
}
