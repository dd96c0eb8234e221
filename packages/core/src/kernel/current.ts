import { cancelledScopes } from './calm.ts'
import { storedScope } from './context.ts'
import { emit, observed } from './hooks.ts'
import { ScopeNode } from './records.ts'
import type { TaskRecord } from './records.ts'
import { register } from './registry.ts'
import { systemRuntime } from './runtime.ts'

/** The scope around everything: never cancelled, never closed. */
export const rootScope: ScopeNode = register(new ScopeNode(systemRuntime, undefined, 'root'))

/**
 * The innermost living scope around the running code. A callback that outlives its scope is in the one
 * around it, and when its task has ended, at the root: a finished task is no context.
 */
export function currentScope(): ScopeNode {
  const scope = livingScope()
  if (scope !== undefined) return scope
  if (observed) reportOutlived()
  return rootScope
}

/** The same for one who may ask after the end; undefined at the root. */
export function livingScope(): ScopeNode | undefined {
  let scope = storedScope()
  while (scope !== undefined && scope.closed) scope = scope.parent
  return scope
}

function reportOutlived(): void {
  const scope = storedScope()
  if (scope !== undefined) emit('outlived', scope)
}

/** The task whose body the running code belongs to, or undefined at the root. */
export function currentTaskRecord(): TaskRecord | undefined {
  return currentScope().task
}

/** False in a cancelled scope: the call must not take anything, only `suspend`, which throws there. */
export function isUncancelled(): boolean {
  return cancelledScopes === 0 || currentScope().cancelledBy === undefined
}
