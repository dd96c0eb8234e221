import { currentTaskRecord, rootScope } from '../kernel/current.ts'
import { requireFunction } from '../kernel/guard.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import type { Body } from './cancel-scope.ts'
import type { Nursery } from './nursery.ts'
import { TaskNode } from './task-node.ts'
import { Task } from './task.ts'

/** How a task is called in reports; the function's name if left out. */
export interface SpawnOptions {
  readonly name?: string
}

/**
 * Starts a child of the current task. The body runs in the next turn, never before `spawn` returns;
 * the current task does not end before its children have, and a child's failure becomes its failure.
 * Outside any task, or when it has ended, the new one stands at the root, and its failure is an unhandled
 * rejection if nobody awaits it.
 *
 * Cancellation: cancelling the current task cancels its children; a timeout or another scope that
 * `spawn` is called in does not.
 *
 * @throws MisuseError when the current task is failing
 * @example
 * const task = spawn(() => sleep(10), { name: 'nap' })
 * @see Kotlin's launch, Trio's start_soon
 */
export function spawn<T>(fn: Body<T>, options?: SpawnOptions): Task<T> {
  requireFunction('spawn: fn', fn)
  const parent = currentTaskRecord()
  if (parent === undefined) return new Task(new TaskNode(rootScope, fn, options?.name))
  return new Task(spawnInto((parent as TaskNode).nursery, 'spawn', fn, options))
}

/** Starts a task as a child of `nursery`. */
export function spawnInto<T>(
  nursery: Nursery,
  api: string,
  fn: Body<T>,
  options?: SpawnOptions,
): TaskNode<T> {
  nursery.addChild(api)
  const task = new TaskNode<T>(nursery.scope, fn, options?.name)
  task.parent = nursery
  if (nursery.closedToNew !== undefined) cancelScope(task.scope, nursery.closedToNew)
  return task
}
