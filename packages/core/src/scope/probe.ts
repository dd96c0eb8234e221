import { probeScope } from '../kernel/probe.ts'
import type { TaskRecord } from '../kernel/records.ts'
import { nodeOf, Task } from './task.ts'

/**
 * The stack of a suspended task: the frames that go on when its wait ends, innermost first. Only a
 * frame of the library wakes; user code is not resumed, and the wait goes on where it stood. A task
 * that runs, or waits for something foreign, has no such stack: the result is undefined.
 *
 * Cost: nothing until it is asked for. Cancellation: none, it waits two turns whatever happens.
 *
 * @example
 * console.log(await probe(task))
 */
export function probe(task: Task<unknown> | TaskRecord): Promise<string | undefined> {
  return probeScope(task instanceof Task ? nodeOf(task).scope : task.scope)
}
