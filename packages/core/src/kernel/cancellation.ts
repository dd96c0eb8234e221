import { Cancelled } from '../errors.ts'
import type { ClockEntry } from './clock.ts'
import { countCancelled } from './records.ts'
import type { ScopeNode, Waiter } from './records.ts'
import { rejectViaAsyncFrame, settle } from './settle.ts'
import { unlinkFromRing } from './wait-queue.ts'

// The one decision in here is `cancelledBy`: the outermost cancelled scope whose cancellation reaches a
// node. It is made true again whenever a node is cancelled, moved, or its shield changes, so that a
// checkpoint costs one look at one field.
//
//   root
//    └ group      cancelled            cancelledBy = group
//       ├ task                         cancelledBy = group
//       └ shielded                     cancelledBy = undefined
//          └ inner  cancelled          cancelledBy = inner

/** Cancels a scope; the first reason wins. */
export function cancelScope(node: ScopeNode, reason: unknown): void {
  if (node.cancelCalled || node.closed) return
  node.cancelCalled = true
  node.reason = reason
  propagateCancellation(node)
}

/** Hides what is cancelled outside, or lets it in again, with effect on those already waiting. */
export function setShield(node: ScopeNode, shield: boolean): void {
  if (node.shield === shield) return
  node.shield = shield
  propagateCancellation(node)
}

/** The deadline of a scope: cancels it when it rings. */
class Deadline implements ClockEntry {
  slot = -1
  order = 0
  readonly at: number
  readonly #node: ScopeNode

  constructor(at: number, node: ScopeNode) {
    this.at = at
    this.#node = node
  }

  expire(): void {
    const node = this.#node
    if (node.cancelCalled) return
    node.expired = true
    cancelScope(node, 'its deadline passed')
  }
}

/**
 * Sets or moves the deadline, in milliseconds since the epoch; `Infinity` takes it away. One that is
 * past cancels at once.
 */
export function setDeadline(
  node: ScopeNode,
  at: number,
  now: number = node.runtime.clock.now(),
): void {
  const { clock } = node.runtime
  if (node.deadlineTimer !== undefined) clock.remove(node.deadlineTimer)
  node.deadlineTimer = undefined
  if (at === Infinity) return
  const alarm = new Deadline(at, node)
  node.deadlineTimer = alarm
  if (at > now) clock.add(alarm)
  else alarm.expire()
}

/** The earliest deadline up to the nearest shield; -Infinity when cancelled, Infinity without one. */
export function effectiveDeadline(node: ScopeNode): number {
  if (node.cancelledBy !== undefined) return -Infinity
  let earliest = Infinity
  for (let scope: ScopeNode | undefined = node; scope !== undefined; scope = scope.parent) {
    if (scope.deadlineTimer !== undefined && scope.deadlineTimer.at < earliest) {
      earliest = scope.deadlineTimer.at
    }
    if (scope.shield) break
  }
  return earliest
}

/** Makes `cancelledBy` true again for this node and those below, and gives up the waits it reaches. */
export function propagateCancellation(node: ScopeNode): void {
  if (node.closed) return
  const scopes = [node]
  const reached: ScopeNode[] = []
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i] as ScopeNode
    const inherited = scope.shield ? undefined : scope.parent?.cancelledBy
    const cancelledBy = inherited ?? (scope.cancelCalled ? scope : undefined)
    if (cancelledBy === scope.cancelledBy) continue
    if (scope.cancelledBy === undefined) {
      reached.push(scope)
      countCancelled(1)
    } else if (cancelledBy === undefined) {
      scope.controller = undefined // an aborted signal stays aborted
      countCancelled(-1)
    }
    scope.cancelledBy = cancelledBy
    for (let child = scope.firstChild; child !== undefined; child = child.next) scopes.push(child)
  }
  deliverCancellation(reached)
}

/** A stack costs more than all the rest of a cancellation: of a larger crowd only the first have one. */
const STACKS = 100

/**
 * Gives up every wait, but the shielded ones, of the scopes that a cancellation has reached. First all of them leave their
 * lines, then those behind them are served: nothing is granted to a waiter of the same cancellation.
 */
export function deliverCancellation(scopes: readonly ScopeNode[]): void {
  const removed: Waiter<never>[] = []
  for (const scope of scopes) removeWaiters(scope, removed)
  let traced = 0
  for (const waiter of removed) {
    waiter.line?.left?.(waiter)
    const reason = waiter.scope?.cancelledBy?.reason
    const error = (): Cancelled => {
      const cancelled = new Cancelled(reason)
      // Only now: the engine's async stack follows a promise that has one reaction, not two.
      void markHandled(waiter.promise as Promise<unknown>)
      return cancelled
    }
    settle(waiter, traced++ < STACKS ? rejectViaAsyncFrame(error) : rejectWithoutStack(error))
  }
  for (const scope of scopes) scope.controller?.abort(new Cancelled(scope.cancelledBy?.reason))
}

function removeWaiters(scope: ScopeNode, removed: Waiter<never>[]): void {
  let waiter = scope.firstWaiter
  while (waiter !== undefined) {
    const next = waiter.scopeNext
    if (!waiter.shielded) {
      unlinkFromRing(scope, waiter)
      waiter.line?.remove(waiter)
      waiter.state = 'cancelled'
      removed.push(waiter)
    }
    waiter = next
  }
}

/** What `rejectViaAsyncFrame` does, without a frame, and so without the stack of the one who waits: for a crowd. */
function rejectWithoutStack(error: () => Cancelled): PromiseLike<never> {
  const thrower = {
    then(_: unknown, reject: (error: unknown) => void) {
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      const untraced = error()
      Error.stackTraceLimit = limit
      reject(untraced)
    },
  }
  return thrower as PromiseLike<never>
}

/** A rejection caused by cancellation is nobody's fault: it is never reported as unhandled. */
export function markHandled<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore)
  return promise
}

function ignore(): void {}
