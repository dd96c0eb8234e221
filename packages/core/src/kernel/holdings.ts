import type { Holding, ScopeNode, TaskRecord } from './records.ts'

/**
 * Notes that `task` holds something, so that its end without giving it back is noticed. The list is
 * linked through what is held: to take and to give back cost a few assignments.
 */
export function hold(task: TaskRecord, holding: Holding): void {
  const { scope } = task
  const first = scope.firstHolding
  holding.nextHolding = first
  if (first !== undefined) first.prevHolding = holding
  scope.firstHolding = holding
}

/** Notes that `task` gave it back. */
export function letGo(task: TaskRecord, holding: Holding): void {
  const { nextHolding: next, prevHolding: prev } = holding
  if (prev !== undefined) prev.nextHolding = next
  else if (task.scope.firstHolding === holding) task.scope.firstHolding = next
  if (next !== undefined) next.prevHolding = prev
  holding.nextHolding = undefined
  holding.prevHolding = undefined
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
