import { cancelScope, deliverCancellation, propagateCancellation } from './cancellation.ts'
import { countCancelled } from './records.ts'
import type { ScopeNode, ScopeResource } from './records.ts'

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

/**
 * Ends a scope: no timer, no context, no forgotten wait, no forgotten scope below and no lock outlives it.
 */
export function closeScope(node: ScopeNode): void {
  if (node.closed) return
  if (node.firstResource !== undefined) notifyBodyEnd(node)
  if (node.cancelledBy !== undefined) countCancelled(-1)
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

/** A task, or a part of one that has a scope of its own. */
interface ResourceOwner {
  readonly scope: ScopeNode
}

/**
 * Notes that `task` holds something, so that its end without giving it back is noticed. The list is
 * linked through what is held: to take and to give back cost a few assignments.
 */
export function track(task: ResourceOwner, resource: ScopeResource): void {
  const { scope } = task
  const first = scope.firstResource
  resource.nextResource = first
  if (first !== undefined) first.prevResource = resource
  scope.firstResource = resource
}

/** Notes that `task` gave it back. */
export function untrack(task: ResourceOwner, resource: ScopeResource): void {
  const { nextResource: next, prevResource: prev } = resource
  if (prev !== undefined) prev.nextResource = next
  else if (task.scope.firstResource === resource) task.scope.firstResource = next
  if (next !== undefined) next.prevResource = prev
  resource.nextResource = undefined
  resource.prevResource = undefined
}

/** What ran in the scope has ended: what only serves it need not wait for its children to end. */
export function notifyBodyEnd(scope: ScopeNode): void {
  let resource = scope.firstResource
  while (resource !== undefined) {
    const next = resource.nextResource
    resource.onBodyEnd?.()
    resource = next
  }
}

/** The task has ended: what it still holds is told so. */
export function notifyOwnerExit(scope: ScopeNode): void {
  for (let held = scope.firstResource; held !== undefined; held = scope.firstResource) {
    untrack({ scope }, held)
    held.onOwnerExit()
  }
}
