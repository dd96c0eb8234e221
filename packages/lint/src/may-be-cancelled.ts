import type { SourceCode } from '@oxlint/plugins'
import { callAround, functionAround } from './ast.ts'
import type { Node } from './ast.ts'
import { mayBeInScope } from './may-be-in-scope.ts'
import { namesOf } from './names.ts'

/** Whether a wait here may be ended by somebody's cancellation: not outside of any scope, nor in the work of a `shield`. */
export function mayBeCancelled(node: Node, source: SourceCode): boolean {
  const names = namesOf(source)
  for (let fn = functionAround(node); fn !== undefined; fn = functionAround(fn)) {
    const call = callAround(fn)
    const api = call && names.callOf(call)?.api
    if (api === 'shield') return false
    if (api !== undefined) break // a scope of its own, such as a timeout
  }
  return mayBeInScope(node, names)
}
