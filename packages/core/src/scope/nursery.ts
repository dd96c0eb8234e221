import { Cancelled, MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { runInScope } from '../kernel/platform.ts'
import { report } from '../kernel/hooks.ts'
import { Waiter } from '../kernel/records.ts'
import type { ScopeNode, TaskRecord } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { childrenOf, closeScope } from '../kernel/scope-tree.ts'
import { ready, suspend, wakeAll, yieldIfDue } from '../kernel/suspend.ts'
import { WaitQueue } from '../kernel/wait-queue.ts'
import { isCancellation } from './cancel-scope.ts'
import { suppress } from './suppressed.ts'

/** A child as its nursery sees it. */
export interface Child extends TaskRecord {
  readonly state: 'pending' | 'running' | 'fulfilled' | 'rejected' | 'cancelled'
  readonly value: unknown
  readonly error: unknown
  /** What awaiting it throws. */
  failure(): unknown
}

/**
 * The bookkeeping behind every group: how many children live, what failed first. The first failure
 * cancels the scope; the others are kept with it.
 */
export class Nursery {
  readonly scope: ScopeNode
  live = 0
  failed = false
  failure: unknown
  /** A child, or the body, was cut short by a cancellation from here or further out. */
  wasCancelled = false
  closed = false
  /** Told when the last child has ended. */
  onIdle: (() => void) | undefined
  /** Decides, at once, what becomes of a child that was not cut short from above; else a failure is the group's. */
  onChildEnded: ((child: Child) => void) | undefined
  /** Why children that come from now on are cancelled at once. */
  closedToNew: string | undefined
  #later: unknown[] | undefined
  #joiners: WaitQueue | undefined

  constructor(scope: ScopeNode) {
    this.scope = scope
  }

  /** Counts a child in. */
  addChild(api: string): void {
    if (this.closed) {
      throw new MisuseError(`${api}: the group has ended; spawn while one of its tasks lives`)
    }
    if (this.failed) {
      throw new MisuseError(
        `${api}: the group is failing, its tasks are being cancelled; catch its error first`,
      )
    }
    this.live += 1
  }

  /** Counts a child out. */
  removeChild(): void {
    this.live -= 1
    if (this.live > 0) return
    this.onIdle?.()
    if (this.#joiners !== undefined) wakeAll(this.#joiners, undefined)
  }

  childEnded(child: Child): void {
    const cutFromAbove = child.state === 'cancelled' && child.scope.cancelledBy !== child.scope
    if (cutFromAbove) this.wasCancelled = true
    else if (this.onChildEnded !== undefined) this.#decide(this.onChildEnded, child)
    else if (child.state === 'rejected') this.fail(child.error)
    this.removeChild()
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
  await(work: PromiseLike<unknown>): void {
    this.live += 1
    Promise.resolve(work)
      .catch((error: unknown) => this.bodyThrew(error))
      .finally(() => this.removeChild())
      .catch(report)
  }

  /** Cancels the children and the body; that is no failure. */
  cancel(reason: unknown): void {
    cancelScope(this.scope, reason)
  }

  /** The body threw: a cancellation is no failure. */
  bodyThrew(error: unknown): void {
    if (this.scope.cancelledBy !== undefined && isCancellation(error)) this.wasCancelled = true
    else this.fail(error)
  }

  /** The life of a group whose body runs inside it: it ends when the body and all children have ended. */
  async run<A, T>(body: (argument: A) => PromiseLike<T> | T, argument: A): Promise<T> {
    let value: T | undefined
    try {
      value = await runInScope(this.scope, body, argument)
    } catch (error) {
      this.bodyThrew(error)
    }
    await this.end()
    return value as T
  }

  /** Waits for the children, closes the group, and throws what it ends with. */
  async end(): Promise<void> {
    await this.join()
    this.finish()
    this.throwOutcome()
  }

  /** Waits for the children; no cancellation makes it leave them behind. */
  async join(): Promise<void> {
    if (this.live === 0) await yieldIfDue(this.scope)
    while (this.live > 0) await suspend(this.#joiner(true))
  }

  /** The same for one who may be cancelled meanwhile: that cancels the children, too. */
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

  /** Cancels the children, and each that comes later, but not what the one in charge still does. */
  closeToNew(reason: string): void {
    this.closedToNew = reason
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

  #decide(onEnded: (child: Child) => void, child: Child): void {
    try {
      onEnded(child)
    } catch (error) {
      this.fail(error)
    }
  }
}
