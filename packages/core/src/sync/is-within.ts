import type { ScopeNode } from '../lowlevel.ts'

/** Whether the one who asks is this task, or one below it. */
export function isWithin(asker: ScopeNode, task: { readonly id: number }): boolean {
  for (let scope: ScopeNode | undefined = asker; scope !== undefined; scope = scope.parent) {
    if (scope.task?.id === task.id) return true
  }
  return false
}
