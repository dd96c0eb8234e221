import { rootScope } from '../kernel/current.ts'
import { monotonicNow } from '../kernel/platform.ts'
import { cancelledScopes } from '../kernel/records.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { isTaskScope } from '../kernel/scope-tree.ts'
import type { Found } from './found.ts'

const { setInterval, clearInterval } = globalThis

/**
 * Finds work that goes on `limit` ms after its cancellation: it has come to no wait of ours, which would have
 * thrown, and waits for something that knows nothing of cancellation. While nothing is cancelled a look costs nothing.
 */
export function overdue(limit: number, found: Found): () => void {
  if (limit === Infinity) return () => {}
  const seen = new WeakMap<ScopeNode, number>()
  const told = new WeakSet<ScopeNode>()

  function look(): void {
    if (cancelledScopes === 0) return
    const now = monotonicNow()
    const rest = [rootScope]
    for (let scope = rest.pop(); scope !== undefined; scope = rest.pop()) {
      for (let child = scope.firstChild; child !== undefined; child = child.next) rest.push(child)
      if (goesOn(scope)) judge(scope, now)
    }
  }

  function judge(scope: ScopeNode, now: number): void {
    const since = seen.get(scope) ?? now
    seen.set(scope, since)
    if (now - since < limit || told.has(scope) || scope.task === undefined) return
    told.add(scope)
    const what = `it goes on ${Math.round(now - since)} ms after its cancellation; what it awaits is not ours`
    found('OVERDUE', scope.task, `${what}: hand it currentSignal(), or wrap it in cancellable`)
  }

  const timer: { unref?(): void } = setInterval(look, Math.max(10, limit / 4)) as never
  timer.unref?.()
  return () => clearInterval(timer as never)
}

/** It is cancelled, and its body neither waits for anything of ours nor has come to its end. */
function goesOn(scope: ScopeNode): boolean {
  const { cancelledBy, firstChild, firstWaiter } = scope
  if (cancelledBy === undefined) return false
  if (firstChild !== undefined || firstWaiter !== undefined) return false
  // A group that was opened and cancelled has no body of its own.
  return isTaskScope(scope) || cancelledBy !== scope || scope.deadlineTimer !== undefined
}
