import { BrokenError, MisuseError } from '../errors.ts'
import { suspend, Waiter, WaitQueue, wake, wakeWithError } from '../lowlevel.ts'
import type { TaskRecord } from '../lowlevel.ts'
import { OwnedPermit } from './owned-permit.ts'
import type { Keeper } from './owned-permit.ts'

/** `data` of one in line who gave up the lock and comes back for it. */
export interface Claim {
  readonly permit: OwnedPermit
}

/**
 * The inside of a lock, which its conditions work on too. As long as anybody stands in line there is a
 * holder: the lock goes from hand to hand and is never free in between.
 */
export class LockState implements Keeper {
  holder: OwnedPermit | undefined = undefined
  /** Its holder has ended: `holder` stays, to tell who it was. */
  broken = false
  readonly line: WaitQueue<Disposable> = new WaitQueue()
  /** Those who gave the lock up to wait for a condition. */
  readonly asleep: Set<Waiter<Disposable>> = new Set()
  readonly #lock: object

  constructor(lock: object) {
    this.#lock = lock
  }

  /** Hands it to a task; only while it is free. */
  grant(task: TaskRecord | undefined): OwnedPermit {
    const permit = new OwnedPermit(this)
    permit.take(task)
    this.holder = permit
    return permit
  }

  release(): void {
    this.holder = undefined
    this.#serve()
  }

  abandon(): void {
    this.broken = true
    for (const waiter of this.line) wakeWithError(waiter, () => this.#brokenError('Lock.acquire'))
    for (const waiter of this.asleep) {
      wakeWithError(waiter, () => this.#brokenError('Condition.wait'))
    }
  }

  /** Why a task cannot have it, however long it waits. */
  refusal(api: string, task: TaskRecord | undefined): BrokenError | MisuseError | undefined {
    if (this.broken) return this.#brokenError(api)
    const holder = this.holder?.task
    if (holder === undefined || holder !== task) return undefined
    return new MisuseError(
      `${api}: task ${holder.name} holds it already; release it first, or acquire it in another task`,
    )
  }

  /** @throws MisuseError when a task does not hold it */
  requireHolder(api: string, task: TaskRecord | undefined): OwnedPermit {
    if (this.holder === undefined || this.holder.task !== task || this.broken) {
      throw new MisuseError(
        `${api}: the lock is not held by the current task; acquire condition.lock first`,
      )
    }
    return this.holder
  }

  /** Takes the lock from its holder, who will come back with the same permit. */
  park(permit: OwnedPermit): void {
    permit.park()
    this.release()
  }

  /** Takes the lock back for a parked permit; no cancellation keeps it from it. */
  reclaim(permit: OwnedPermit): Promise<Disposable> {
    if (this.broken) return Promise.reject(this.#brokenError('Condition.wait'))
    const claim: Claim = { permit }
    const back = suspend(new Waiter<Disposable>('Lock.acquire', this.#lock, this.line, claim, true))
    if (this.holder === undefined) this.#serve()
    return back
  }

  owners(): TaskRecord[] {
    const task = this.holder?.task
    return task === undefined ? [] : [task]
  }

  #serve(): void {
    for (let next = this.line.first; next !== undefined; next = this.line.first) {
      const permit = (next.data as Claim | undefined)?.permit ?? new OwnedPermit(this)
      const held = permit.take(livingTask(next))
      if (held) this.holder = permit
      wake(next, permit)
      if (held) return
    }
  }

  #brokenError(api: string): BrokenError {
    const name = this.holder?.task?.name ?? 'unknown'
    return new BrokenError(
      `${api}: task ${name} ended while it held the lock; make a new lock, and check what it guards`,
    )
  }
}

function livingTask(waiter: Waiter<Disposable>): TaskRecord | undefined {
  const task = waiter.scope?.task
  return task?.scope.closed === true ? undefined : task
}
