import { currentScope } from 'corral/lowlevel'
import type { ScopeNode, TaskRecord, Waiter } from 'corral/lowlevel'

/** The scope around all tasks of the program that runs here; a test run is a program of its own. */
export function currentRoot(): ScopeNode {
  let scope = currentScope()
  while (scope.parent !== undefined) scope = scope.parent
  return scope
}

/** What is called for each task and each wait; `false` ends the walk. */
export interface Visitor {
  task?(task: TaskRecord): unknown
  wait?(waiter: Waiter<never>): unknown
}

/** Goes through a tree without making anything of it: where a snapshot would cost too much. */
export function walk(root: ScopeNode, visitor: Visitor): void {
  const rest: ScopeNode[] = [root]
  for (let scope = rest.pop(); scope !== undefined; scope = rest.pop()) {
    const { task } = scope
    if (task?.scope === scope && visitor.task?.(task) === false) return
    for (let waiter = scope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
      if (visitor.wait?.(waiter) === false) return
    }
    if (scope !== root && scope.next !== undefined) rest.push(scope.next)
    if (scope.firstChild !== undefined) rest.push(scope.firstChild)
  }
}
