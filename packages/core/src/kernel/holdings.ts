import type { ScopeResource, ScopeNode } from './records.ts'

/** A task, or a part of one that has a scope of its own. */
interface ResourceOwner {
  readonly scope: ScopeNode
}

/**
 * Notes that `task` holds something, so that its end without giving it back is noticed. The list is
 * linked through what is held: to take and to give back cost a few assignments.
 */
export function track(task: ResourceOwner, holding: ScopeResource): void {
  const { scope } = task
  const first = scope.firstResource
  holding.nextResource = first
  if (first !== undefined) first.prevResource = holding
  scope.firstResource = holding
}

/** Notes that `task` gave it back. */
export function untrack(task: ResourceOwner, holding: ScopeResource): void {
  const { nextResource: next, prevResource: prev } = holding
  if (prev !== undefined) prev.nextResource = next
  else if (task.scope.firstResource === holding) task.scope.firstResource = next
  if (next !== undefined) next.prevResource = prev
  holding.nextResource = undefined
  holding.prevResource = undefined
}

/** What ran in the scope has ended: what only serves it need not wait for its children to end. */
export function notifyBodyEnd(scope: ScopeNode): void {
  let holding = scope.firstResource
  while (holding !== undefined) {
    const next = holding.nextResource
    holding.onBodyEnd?.()
    holding = next
  }
}

/** The task has ended: what it still holds is told so. */
export function notifyOwnerExit(scope: ScopeNode): void {
  let holding = scope.firstResource
  scope.firstResource = undefined
  while (holding !== undefined) {
    const next = holding.nextResource
    holding.nextResource = undefined
    holding.prevResource = undefined
    holding.onOwnerExit()
    holding = next
  }
}
