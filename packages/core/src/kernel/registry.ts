import type { ScopeNode } from './records.ts'

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
