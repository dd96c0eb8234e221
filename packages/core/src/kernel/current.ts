import { Clock, SystemTime } from './clock.ts'
import { emit, observed } from './hooks.ts'
import { random, storedScope } from './platform.ts'
import { cancelledScopes, ScopeNode } from './records.ts'
import type { Runtime, TaskRecord } from './records.ts'

let lastId = 0

/** The machine's own time and chance. */
export const systemRuntime: Runtime = {
  clock: new Clock(new SystemTime()),
  random,
  nextId: () => ++lastId,
  scheduler: undefined,
}

/** One loaded copy of corral, as `globalThis[Symbol.for('corral')]` lists them. */
export interface Instance {
  /** Changes when the records of the task tree do. */
  readonly protocol: 1
  /** The scope around all its tasks: `snapshot(root)` lists them. */
  readonly root: ScopeNode
}

const key = Symbol.for('corral')

/**
 * Makes this copy of corral known to whoever wants to look into the running program: a debugger, a
 * dashboard, another copy.
 */
export function register(root: ScopeNode): ScopeNode {
  const host = globalThis as { [key]?: Instance[] }
  ;(host[key] ??= []).push({ protocol: 1, root })
  return root
}

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
