import type { ScopeNode, TaskRecord, Waiter } from './records.ts'
import { frame } from './settle.ts'
import { startsTask } from './snapshot.ts'

/**
 * The stack of a suspended task: the frames that go on when its wait ends, innermost first. Only a
 * frame of the library wakes; user code is not resumed, and the wait goes on where it stood. A task
 * that runs, or waits for something foreign, has no such stack: the result is undefined.
 *
 * Cost: nothing until it is asked for. Cancellation: none, it waits two turns whatever happens.
 */
export function probe(
  task: { readonly id: number } & Pick<TaskRecord, 'scope'>,
): Promise<string | undefined> {
  const waiter = innermost(task.scope)
  const resume = waiter?.settle
  if (waiter === undefined || resume === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    let early: { readonly value: never } | undefined
    waiter.settle = (value) => {
      early = { value: value as never }
    }
    resume(
      frame<never>(() => {
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
    const inner = startsTask(child) ? undefined : innermost(child)
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
