import { currentScope, currentTaskRecord } from '../kernel/current.ts'
import { effectiveDeadline } from '../kernel/cancellation.ts'
import type { TaskNode } from './task-node.ts'
import { taskOf } from './task.ts'
import type { Task } from './task.ts'

/** The task that the running code belongs to, or undefined at the root. */
export function currentTask(): Task<unknown> | undefined {
  const node = currentTaskRecord() as TaskNode | undefined
  if (node === undefined) return undefined
  return taskOf(node)
}

/**
 * When the running code will be cancelled at the latest: the earliest deadline of the scopes around it, up
 * to the nearest shield. Milliseconds since the epoch; `Infinity` for never, `-Infinity` when it is
 * already cancelled.
 */
export function currentDeadline(): number {
  return effectiveDeadline(currentScope())
}
