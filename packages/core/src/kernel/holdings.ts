import type { Holding, ScopeNode } from './records.ts'

/** A task, or a part of one that has a scope of its own. */
interface Holder {
  readonly scope: ScopeNode
}

/**
 * Notes that `task` holds something, so that its end without giving it back is noticed. The list is
 * linked through what is held: to take and to give back cost a few assignments.
 */
export function hold(task: Holder, holding: Holding): void {
  const { scope } = task
  const first = scope.firstHolding
  holding.nextHolding = first
  if (first !== undefined) first.prevHolding = holding
  scope.firstHolding = holding
}

/** Notes that `task` gave it back. */
export function letGo(task: Holder, holding: Holding): void {
  const { nextHolding: next, prevHolding: prev } = holding
  if (prev !== undefined) prev.nextHolding = next
  else if (task.scope.firstHolding === holding) task.scope.firstHolding = next
  if (next !== undefined) next.prevHolding = prev
  holding.nextHolding = undefined
  holding.prevHolding = undefined
}

/** What ran in the scope has ended: what only serves it need not wait for its children to end. */
export function bodyEnded(scope: ScopeNode): void {
  let holding = scope.firstHolding
  while (holding !== undefined) {
    const next = holding.nextHolding
    holding.bodyEnded?.()
    holding = next
  }
}

/** The task has ended: what it still holds is told so. */
export function abandonHoldings(scope: ScopeNode): void {
  let holding = scope.firstHolding
  scope.firstHolding = undefined
  while (holding !== undefined) {
    const next = holding.nextHolding
    holding.nextHolding = undefined
    holding.prevHolding = undefined
    holding.abandoned()
    holding = next
  }
}
