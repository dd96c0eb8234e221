import type { ScopeNode, Waiter } from './records.ts'

/** Links a waiter into the ring of its scope, behind those already waiting. */
export function linkToScope(scope: ScopeNode, waiter: Waiter<never>): void {
  const first = scope.firstWaiter
  if (first === undefined) {
    scope.firstWaiter = waiter
    waiter.scopePrev = waiter
    return
  }
  const last = first.scopePrev as Waiter<never>
  last.scopeNext = waiter
  waiter.scopePrev = last
  first.scopePrev = waiter
}

/** Takes a waiter out of the ring of its scope. */
export function unlinkFromRing(scope: ScopeNode, waiter: Waiter<never>): void {
  const { scopeNext: next, scopePrev: prev } = waiter
  const first = scope.firstWaiter as Waiter<never>
  if (first === waiter) scope.firstWaiter = next
  else (prev as Waiter<never>).scopeNext = next
  if (next !== undefined) next.scopePrev = prev
  else if (first !== waiter) first.scopePrev = prev
  waiter.scopeNext = undefined
  waiter.scopePrev = undefined
}
