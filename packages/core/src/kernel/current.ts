import { currentContext } from './context.ts'
import { ScopeNode } from './records.ts'
import type { TaskRecord } from './records.ts'
import { systemRuntime } from './runtime.ts'

/** The scope around everything: never cancelled, never closed. */
export const rootScope: ScopeNode = new ScopeNode(systemRuntime, undefined, 'root')

/** The innermost living scope that the running code is in. */
export function currentScope(): ScopeNode {
  return currentContext()?.scope ?? rootScope
}

/** The task whose body the running code belongs to, or undefined at the root. */
export function currentTaskRecord(): TaskRecord | undefined {
  return currentContext()?.scope?.task
}

/** False in a cancelled scope: the call must not take anything, only `suspend`, which throws there. */
export function uncancelled(): boolean {
  return currentScope().governor === undefined
}
