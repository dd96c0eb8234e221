import type { Timed } from './clock.ts'
import { countCancelled } from './calm.ts'
import { abandonHoldings, bodyEnded } from './holdings.ts'
import { interrupt } from './interrupt.ts'
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
  if (parent.governor !== undefined || node.cancelCalled) refresh(node)
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
export function refresh(node: ScopeNode): void {
  if (node.closed) return
  const scopes = [node]
  const reached: ScopeNode[] = []
  for (let i = 0; i < scopes.length; i++) {
    const scope = scopes[i] as ScopeNode
    const inherited = scope.shield ? undefined : scope.parent?.governor
    const governor = inherited ?? (scope.cancelCalled ? scope : undefined)
    if (governor === scope.governor) continue
    if (scope.governor === undefined) {
      reached.push(scope)
      countCancelled(1)
    } else if (governor === undefined) {
      scope.controller = undefined // an aborted signal stays aborted
      countCancelled(-1)
    }
    scope.governor = governor
    for (let child = scope.firstChild; child !== undefined; child = child.next) scopes.push(child)
  }
  interrupt(reached)
}

/** The scopes right below this one, as they are now, oldest first. */
export function childrenOf(node: ScopeNode): ScopeNode[] {
  const children: ScopeNode[] = []
  for (let child = node.firstChild; child !== undefined; child = child.next) children.push(child)
  return children
}

/** Whether a scope is the outermost one of a task. */
export function startsTask(scope: ScopeNode): boolean {
  return scope.task !== undefined && scope.task.scope === scope
}

/** Cancels a scope; the first reason wins. */
export function cancelScope(node: ScopeNode, reason: unknown): void {
  if (node.cancelCalled || node.closed) return
  node.cancelCalled = true
  node.reason = reason
  refresh(node)
}

/** Hides what is cancelled outside, or lets it in again, with effect on those already waiting. */
export function setShield(node: ScopeNode, shield: boolean): void {
  if (node.shield === shield) return
  node.shield = shield
  refresh(node)
}

/** The deadline of a scope: cancels it when it rings. */
class Deadline implements Timed {
  slot = -1
  order = 0
  readonly at: number
  readonly #node: ScopeNode

  constructor(at: number, node: ScopeNode) {
    this.at = at
    this.#node = node
  }

  ring(): void {
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
  if (node.alarm !== undefined) clock.remove(node.alarm)
  node.alarm = undefined
  if (at === Infinity) return
  const alarm = new Deadline(at, node)
  node.alarm = alarm
  if (at > now) clock.add(alarm)
  else alarm.ring()
}

/** The earliest deadline up to the nearest shield; -Infinity when cancelled, Infinity without one. */
export function effectiveDeadline(node: ScopeNode): number {
  if (node.governor !== undefined) return -Infinity
  let earliest = Infinity
  for (let scope: ScopeNode | undefined = node; scope !== undefined; scope = scope.parent) {
    if (scope.alarm !== undefined && scope.alarm.at < earliest) earliest = scope.alarm.at
    if (scope.shield) break
  }
  return earliest
}

/**
 * Ends a scope: no timer, no context, no forgotten wait, no forgotten scope below and no lock outlives it.
 */
export function closeScope(node: ScopeNode): void {
  if (node.closed) return
  if (node.governor !== undefined) countCancelled(-1)
  if (node.firstHolding !== undefined) bodyEnded(node)
  node.closed = true
  if (node.alarm !== undefined) {
    node.runtime.clock.remove(node.alarm)
    node.alarm = undefined
  }
  if (node.firstWaiter !== undefined || node.firstChild !== undefined) abandon(node)
  if (node.firstHolding !== undefined) abandonHoldings(node)
  const { parent, task } = node
  detach(node)
  if (task !== undefined && task.scope !== node) node.parent = parent
  else node.task = undefined
}

/** Gives up what was forgotten in a scope. Scopes below move to the one around it, whose task waits for theirs. */
function abandon(node: ScopeNode): void {
  node.governor ??= node
  node.reason ??= 'the scope around it ended first; await it there, or spawn it as a task'
  interrupt([node])
  const { parent } = node
  for (const child of childrenOf(node)) {
    refresh(child)
    if (parent === undefined) continue
    cancelScope(child, node.governor.reason)
    detach(child)
    attach(child, parent)
  }
}
