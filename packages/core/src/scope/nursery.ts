import { Cancelled, MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { report } from '../kernel/hooks.ts'
import { turn } from '../kernel/platform.ts'
import { Waiter } from '../kernel/records.ts'
import type { OwnedTasks, ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { childrenOf, closeScope, isTaskScope, track } from '../kernel/scope-tree.ts'
import { ready, suspend, wakeAll, yieldIfDue } from '../kernel/suspend.ts'
import { WaitQueue } from '../kernel/wait-queue.ts'
import { isCancellation } from './foreign-cancellation.ts'
import { suppress } from './suppressed.ts'
import type { TaskNode } from './task-node.ts'

/**
 * The tasks that a scope owns: how many live, what failed first. The first failure cancels the scope; the
 * others are kept with it. A task is adopted once, and counts until it ends.
 */
export class Nursery implements OwnedTasks {
  readonly scope: ScopeNode
  live = 0
  failed = false
  failure: unknown
  /** A task, or the body, was cut short by a cancellation from here or further out. */
  wasCancelled = false
  /** All have ended, and there will be no more. */
  closed = false
  // Give these two a constant: V8 makes a function that is written straight into a property in the old generation, where
  // all that it knows would stay until the next full collection.
  /** Told when nothing is left to wait for. */
  onIdle: (() => void) | undefined
  /** Decides, at once, what becomes of a task that was not cut short from above; else a failure is the scope's. */
  onChildEnded: ((child: TaskNode) => void) | undefined
  /** Why tasks that come from now on are cancelled at once. */
  cancelsComers: string | undefined
  #later: unknown[] | undefined
  #joiners: WaitQueue | undefined
  readonly #whenForgotten: ((nursery: Nursery) => void) | undefined

  /** @param whenForgotten where no body runs in the scope that would close it: called instead, when all its tasks have ended */
  constructor(scope: ScopeNode, whenForgotten?: (nursery: Nursery) => void) {
    this.scope = scope
    this.#whenForgotten = whenForgotten
    scope.nursery = this
  }

  /** Throws where no task may be started any more. */
  requireOpen(api: string): void {
    if (this.closed) {
      throw new MisuseError(`${api}: the group has ended; spawn while one of its tasks lives`)
    }
    if (this.failed) {
      throw new MisuseError(
        `${api}: the group is failing, its tasks are being cancelled; catch its error first`,
      )
    }
  }

  /** Takes a task in: it is waited for until it ends. */
  adopt(task: TaskNode): void {
    this.live += 1
    task.parent = this
    if (this.cancelsComers !== undefined) cancelScope(task.scope, this.cancelsComers)
  }

  /** Waits for something that is no task of its own, until `release`. */
  hold(): void {
    this.live += 1
  }

  release(): void {
    this.live -= 1
    if (this.live > 0) return
    this.onIdle?.()
    if (this.#joiners !== undefined) wakeAll(this.#joiners, undefined)
  }

  /** Told by each of its tasks, once, when it has ended. */
  childEnded(child: TaskNode): void {
    const cutFromAbove = child.state === 'cancelled' && child.scope.cancelledBy !== child.scope
    if (cutFromAbove) this.wasCancelled = true
    else if (this.onChildEnded !== undefined) this.#decide(this.onChildEnded, child)
    else if (child.state === 'rejected') this.fail(child.error)
    this.release()
  }

  /** The first failure cancels the scope; a later one is kept. */
  fail(error: unknown): void {
    if (!this.failed) {
      this.failed = true
      this.failure = error
      cancelScope(this.scope, error)
    } else if (error !== this.failure) {
      ;(this.#later ??= []).push(error)
    }
  }

  /** Does not end before `work` has; its failure is the group's. */
  include(work: PromiseLike<unknown>): void {
    this.hold()
    Promise.resolve(work)
      .catch((error: unknown) => this.bodyThrew(error))
      .finally(() => this.release())
      .catch(report)
  }

  /** Cancels the children and the body; that is no failure. */
  cancel(reason: unknown): void {
    cancelScope(this.scope, reason)
  }

  /** The body, or what it includes, threw: a cancellation is no failure. */
  bodyThrew(error: unknown): void {
    if (this.scope.cancelledBy !== undefined && isCancellation(error)) this.wasCancelled = true
    else this.fail(error)
  }

  /** Waits for the tasks, closes the scope, and throws what it ends with. */
  async end(): Promise<void> {
    do await this.join()
    while (this.live > 0 || this.cancelForgotten()) // one may come in the turn in which the last wait ended
    this.finish()
    this.throwOutcome()
  }

  /**
   * Cancels what was begun in the scope and not awaited, such as a group or a timeout; what is shielded goes on. True
   * when that has not ended yet, and must be waited for.
   */
  cancelForgotten(): boolean {
    for (const child of childrenOf(this.scope)) {
      if (child.closed) continue
      if (!child.shield) cancelScope(child, 'the scope around it has ended')
      this.#holdUntilEnded(child)
    }
    return this.live > 0
  }

  #holdUntilEnded(scope: ScopeNode): void {
    const nursery = scope.nursery as Nursery | undefined
    const close = nursery === undefined ? undefined : nursery.#whenForgotten
    if (nursery === undefined || close === undefined) {
      this.hold()
      onceClosed(scope, () => this.release())
      return
    }
    for (const child of childrenOf(scope)) if (!isTaskScope(child)) this.#holdUntilEnded(child)
    if (nursery.live === 0) {
      close(nursery)
    } else {
      this.hold()
      void nursery.join().then(() => this.release())
    }
  }

  /** Waits for the children; no cancellation makes it leave them behind. */
  async join(): Promise<void> {
    if (this.live === 0) await yieldIfDue(this.scope)
    while (this.live > 0) await suspend(this.#joiner(true))
  }

  /** For a task that does one piece of work after another: waits for what the last one spawned, and throws its failure. */
  async joinAndThrow(): Promise<void> {
    if (this.live > 0) await this.join()
    if (this.failed) throw this.failure
  }

  /** As `join`, for one who may be cancelled meanwhile: that cancels the children, too. */
  async joinOrCancel(): Promise<void> {
    const scope = currentScope()
    try {
      if (this.live === 0 && scope.cancelledBy === undefined) {
        await ready('TaskGroup.join', this, undefined, scope)
      } else {
        do await suspend(this.#joiner(false), scope)
        while (this.live > 0)
      }
    } catch (error) {
      this.cancel((error as Cancelled).reason)
      await this.join()
      if (!this.failed) throw error
    }
  }

  #joiner(shielded: boolean): Waiter {
    this.#joiners ??= new WaitQueue()
    return new Waiter('TaskGroup.join', this, this.#joiners, undefined, shielded)
  }

  /** Cancels the children, and each that comes later, but not the body. */
  cancelChildren(reason: string): void {
    this.cancelsComers = reason
    for (const child of childrenOf(this.scope)) cancelScope(child, reason)
  }

  /** All its tasks have ended: there will be no more. */
  finish(): void {
    this.close()
    closeScope(this.scope)
  }

  /** No more children; the failures are complete. */
  close(): void {
    this.closed = true
    this.onIdle = undefined
    if (this.#later !== undefined) suppress(this.failure, this.#later)
    this.#later = undefined
  }

  /** Throws what the group ends with, if it does not end well. */
  throwOutcome(): void {
    if (this.failed) throw this.failure
    if (!this.wasCancelled) return
    const { cancelledBy } = this.scope
    if (cancelledBy !== this.scope) throw new Cancelled(cancelledBy?.reason)
    this.scope.caught = true
  }

  #decide(onEnded: (child: TaskNode) => void, child: TaskNode): void {
    try {
      onEnded(child)
    } catch (error) {
      this.fail(error)
    }
  }
}

/** The tasks that a scope owns. */
export function nurseryOf(scope: ScopeNode): Nursery {
  return (scope.nursery as Nursery | undefined) ?? new Nursery(scope)
}

/** Calls `told` in the turn after the scope has ended. */
function onceClosed(scope: ScopeNode, told: () => void): void {
  const onOwnerExit = (): void => void turn.then(told)
  track({ scope }, { nextResource: undefined, prevResource: undefined, onOwnerExit })
}
