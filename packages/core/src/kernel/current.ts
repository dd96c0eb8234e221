import { Clock, SystemTime } from './clock.ts'
import { emit, listeners, instrument, observed } from './hooks.ts'
import type { Hooks } from './hooks.ts'
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
  /** Changes when the records of the task tree do, or this one. */
  readonly protocol: 2
  /** The scope around all its tasks: `snapshot(root)` lists them. That of a test run is listed while it runs. */
  readonly root: ScopeNode
  /** The innermost scope around the running code. */
  readonly current: () => ScopeNode
  readonly instrument: (hooks: Hooks) => () => void
}

const key = Symbol.for('corral')

/**
 * Makes a tree of tasks known to whoever wants to look into the running program: a debugger, a dashboard,
 * another copy of corral. The function returned takes it off the list.
 */
export function register(root: ScopeNode): () => void {
  const host = globalThis as { [key]?: Instance[] }
  const instances = (host[key] ??= [])
  const instance: Instance = { protocol: 2, root, current: currentScope, instrument }
  instances.push(instance)
  return () => {
    const index = instances.indexOf(instance)
    if (index >= 0) instances.splice(index, 1)
  }
}

/** The scope around everything: never cancelled, never closed. */
export const rootScope: ScopeNode = new ScopeNode(systemRuntime, undefined, 'root')
register(rootScope)

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
  if (scope !== undefined) emit(listeners.outlived, scope)
}

/** The task whose body the running code belongs to, or undefined at the root. */
export function currentTaskRecord(): TaskRecord | undefined {
  return currentScope().task
}

/** False in a cancelled scope: the call must not take anything, only `suspend`, which throws there. */
export function isUncancelled(): boolean {
  return cancelledScopes === 0 || currentScope().cancelledBy === undefined
}
