import { requireFunction } from '../kernel/guard.ts'
import { runInScope } from '../kernel/platform.ts'
import { Nursery } from './nursery.ts'
import { openScope, scoped, valueOf } from './scoped.ts'
import type { SpawnOptions } from './spawn.ts'
import { TaskGroup } from './task-group.ts'
import type { TaskNode } from './task-node.ts'
import { Task } from './task.ts'

export interface SupervisorOptions extends SpawnOptions {
  /** Told of each task's failure, and awaited. What it throws fails the supervisor. */
  readonly onError: (error: unknown, task: Task<unknown>) => unknown
}

/**
 * A group whose tasks fail alone: the others go on, each error goes to `onError`. The body's failure
 * still cancels and awaits them all.
 *
 * Cancellation: reaches the body and every task; all are awaited before it goes on its way.
 *
 * @throws what the body throws
 * @example
 * await supervisor(serve, { onError: (error, task) => log(task.name, error) })
 * @see Kotlin's supervisorScope, Erlang's one_for_one
 */
export function supervisor(
  body: (group: TaskGroup) => PromiseLike<void> | void,
  options: SupervisorOptions,
): Promise<void>
export function supervisor<T>(
  body: (group: TaskGroup) => PromiseLike<T> | T,
  options: SupervisorOptions,
): Promise<T | undefined>
export function supervisor<T>(
  body: (group: TaskGroup) => PromiseLike<T> | T,
  options: SupervisorOptions,
): Promise<T | undefined> {
  try {
    requireFunction('supervisor: body', body)
    requireFunction('supervisor: onError', options?.onError)
  } catch (error) {
    return Promise.reject(error)
  }
  const nursery = new Nursery(openScope(options.name ?? 'supervisor'))
  // Told in the supervisor's scope, not in that of the task, which has ended.
  const tell = (node: TaskNode): unknown =>
    options.onError(node.error, (node.handle as Task<unknown> | undefined) ?? new Task(node))
  nursery.onChildEnded = (child) => {
    if (child.state !== 'rejected') return
    const told = runInScope(nursery.scope, tell, child)
    if (typeof (told as Partial<PromiseLike<unknown>> | undefined)?.then === 'function') {
      nursery.await(told as PromiseLike<unknown>)
    }
  }
  return scoped(nursery.scope, body, new TaskGroup(nursery), valueOf)
}
