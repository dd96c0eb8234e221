import type { ClockEntry } from './clock.ts'
import { countCancelled } from './calm.ts'
import { notifyOwnerExit, notifyBodyEnd } from './holdings.ts'
import { deliverCancellation } from './interrupt.ts'
import type { ScopeNode } from './records.ts'

// The one decision in here is `governor`: the outermost cancelled scope whose cancellation reaches a
// node. It is made true again whenever a node is cancelled, moved, or its shield changes, so that a
// checkpoint costs one look at one field.
//
//   root
//    └ group      cancelled            governor = group
//       ├ task                         governor = group
//       └ shielded                     governor = undefined
//          └ inner  cancelled          governor = inner

/** Hangs a node into the tree, behind its siblings. */
export function attach(node: ScopeNode, parent: ScopeNode): void {
  node.parent = parent
  const first = parent.firstChild
  if (first === undefined) {
    parent.firstChild = node
    node.prev = node
  } else {
    const last = first.prev as ScopeNode
    last.next = node
    node.prev = last
    first.prev = node
  }
  if (parent.cancelledBy !== undefined || node.cancelCalled) propagateCancellation(node)
}

/** Takes a node out of the tree. */
export function detach(node: ScopeNode): void {
  const { next, prev, parent } = node
  if (parent === undefined) return
  const first = parent.firstChild as ScopeNode
  if (first === node) parent.firstChild = next
  else (prev as ScopeNode).next = next
  if (next !== undefined) next.prev = prev
  else if (first !== node) first.prev = prev
  node.next = undefined
  node.prev = undefined
  node.parent = undefined
}

/** Makes `governor` true again for this node and those below, and gives up the waits it reaches. */
export function propagateCancellation(node: ScopeNode): void {
  if (node.closed) return
  const scopes = [node]
  const reached: ScopeNode[] = []
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i] as ScopeNode
    const inherited = scope.shield ? undefined : scope.parent?.cancelledBy
    const governor = inherited ?? (scope.cancelCalled ? scope : undefined)
    if (governor === scope.cancelledBy) continue
    if (scope.cancelledBy === undefined) {
      reached.push(scope)
      countCancelled(1)
    } else if (governor === undefined) {
      scope.controller = undefined // an aborted signal stays aborted
      countCancelled(-1)
    }
    scope.cancelledBy = governor
    for (let child = scope.firstChild; child !== undefined; child = child.next) scopes.push(child)
  }
  deliverCancellation(reached)
}

/** The scopes right below this one, as they are now, oldest first. */
export function childrenOf(node: ScopeNode): ScopeNode[] {
  const children: ScopeNode[] = []
  for (let child = node.firstChild; child !== undefined; child = child.next) children.push(child)
  return children
}

/** Whether a scope is the outermost one of a task. */
export function isTaskScope(scope: ScopeNode): boolean {
  return scope.task !== undefined && scope.task.scope === scope
}

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
    if (scope.deadlineTimer !== undefined && scope.deadlineTimer.at < earliest)
      earliest = scope.deadlineTimer.at
    if (scope.shield) break
  }
  return earliest
}

/**
 * Ends a scope: no timer, no context, no forgotten wait, no forgotten scope below and no lock outlives it.
 */
export function closeScope(node: ScopeNode): void {
  if (node.closed) return
  if (node.cancelledBy !== undefined) countCancelled(-1)
  if (node.firstResource !== undefined) notifyBodyEnd(node)
  node.closed = true
  if (node.deadlineTimer !== undefined) {
    node.runtime.clock.remove(node.deadlineTimer)
    node.deadlineTimer = undefined
  }
  if (node.firstWaiter !== undefined || node.firstChild !== undefined) cancelLeftovers(node)
  if (node.firstResource !== undefined) notifyOwnerExit(node)
  const { parent, task } = node
  detach(node)
  if (task !== undefined && task.scope !== node) node.parent = parent
  else node.task = undefined
}

/** Gives up what was forgotten in a scope. Scopes below move to the one around it, whose task waits for theirs. */
function cancelLeftovers(node: ScopeNode): void {
  node.cancelledBy ??= node
  node.reason ??= 'the scope around it ended first; await it there, or spawn it as a task'
  deliverCancellation([node])
  const { parent } = node
  for (const child of childrenOf(node)) {
    propagateCancellation(child)
    if (parent === undefined) continue
    cancelScope(child, node.cancelledBy.reason)
    detach(child)
    attach(child, parent)
  }
}
