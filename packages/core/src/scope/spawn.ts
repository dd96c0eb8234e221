import { currentScope } from '../kernel/current.ts'
import { requireFunction } from '../kernel/guard.ts'
import type { Body } from './cancel-scope.ts'
import { nurseryOf } from './nursery.ts'
import type { Nursery } from './nursery.ts'
import { TaskNode } from './task-node.ts'
import { Task } from './task.ts'

/** How a task is called in reports; the function's name if left out. */
export interface SpawnOptions {
  readonly name?: string
}

/**
 * Starts a task in the nearest scope around the call that has not ended: a task, a group, a timeout, any
 * scope. That scope does not end before the task has, and the task's failure becomes its failure. The body
 * runs in the next turn, never before `spawn` returns. Outside any scope the task belongs to the root, and
 * its failure is an unhandled rejection if nobody awaits it.
 *
 * Work that must outlive the call which starts it takes a group as a parameter: `group.spawn`.
 *
 * Cancellation: cancelling that scope cancels the task. In a cancelled scope the task is born cancelled:
 * its body runs to its first wait.
 *
 * @throws MisuseError when the scope is failing, or is a group that was joined
 * @example
 * const task = spawn(() => sleep(10), { name: 'nap' })
 * @see Kotlin's launch, Trio's start_soon
 */
export function spawn<T>(fn: Body<T>, options?: SpawnOptions): Task<T> {
  requireFunction('spawn: fn', fn)
  const scope = currentScope()
  if (scope.parent === undefined) return new Task(TaskNode.launch(scope, fn, options?.name))
  return new Task(spawnInto(nurseryOf(scope), 'spawn', fn, options))
}

/** Starts a task as a child of `nursery`. */
export function spawnInto<T>(
  nursery: Nursery,
  api: string,
  fn: Body<T>,
  options?: SpawnOptions,
): TaskNode<T> {
  nursery.requireOpen(api)
  const task = TaskNode.launch<T>(nursery.scope, fn, options?.name)
  nursery.adopt(task)
  return task
}
