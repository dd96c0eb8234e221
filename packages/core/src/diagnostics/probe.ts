import type { ScopeNode, Waiter } from '../kernel/records.ts'
import { isTaskScope } from '../kernel/scope-tree.ts'
import { settleViaAsyncFrame } from '../kernel/settle.ts'

/** The stack of what waits in a scope, taken by waking a frame of ours and suspending again. */
export function probeScope(scope: ScopeNode): Promise<string | undefined> {
  const waiter = innermost(scope)
  const resume = waiter?.settle
  if (waiter === undefined || resume === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    let early: { readonly value: never } | undefined
    waiter.settle = (value) => {
      early = { value: value as never }
    }
    resume(
      settleViaAsyncFrame<never>(() => {
        resolve(userFrames(new Error('waiting').stack ?? ''))
        if (early !== undefined) return early.value
        return new Promise<never>((settle) => {
          waiter.settle = settle
        })
      }),
    )
  })
}

/** The wait that holds a task up: the last one in the innermost scope that it has opened. */
function innermost(scope: ScopeNode): Waiter<never> | undefined {
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    const inner = isTaskScope(child) ? undefined : innermost(child)
    if (inner !== undefined) return inner
  }
  return scope.firstWaiter?.scopePrev
}

/** Without the message and the frames of this file. */
function userFrames(stack: string): string {
  const lines = stack.split('\n')
  const first = lines.findIndex((line) => /^\s*at async /.test(line))
  return lines.slice(first < 0 ? 1 : first).join('\n')
}
