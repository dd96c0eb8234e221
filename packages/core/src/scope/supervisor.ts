import { isThenable, requireFunction } from '../kernel/guard.ts'
import { captureContext, runInScope } from '../kernel/platform.ts'
import { Nursery } from './nursery.ts'
import { restartsOf } from './restarts.ts'
import type { Restarted, RestartOptions, Restarts } from './restarts.ts'
import { openScope, scoped, valueOf } from './scoped.ts'
import { sleep } from './sleep.ts'
import { spawnInto } from './spawn.ts'
import type { SpawnOptions } from './spawn.ts'
import { TaskGroup } from './task-group.ts'
import type { TaskNode } from './task-node.ts'
import { taskOf } from './task.ts'
import type { Task } from './task.ts'

export interface SupervisorOptions extends SpawnOptions {
  /** Told of each task's failure, and awaited. What it throws fails the supervisor. Needed without `restart`. */
  readonly onError?: (error: unknown, task: Task<unknown>) => unknown
  /**
   * Starts a task that has failed again, as a new task of the same name. One that ended well, or was cancelled, is
   * not started again.
   */
  readonly restart?: RestartOptions
}

/**
 * A group whose tasks fail alone: the others continue, and each error goes to `onError`. The body's
 * failure still cancels and awaits them all.
 *
 * Cancellation: reaches the body and every task, and the wait before a restart; all are awaited before it goes on
 * its way.
 *
 * @throws what the body throws
 * @throws the failure of a task that came after too many restarts
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
  let restarts: Restarts | undefined
  try {
    requireFunction('supervisor: body', body)
    restarts = restartsOf(options?.restart)
    if (options?.onError !== undefined || restarts === undefined) {
      requireFunction('supervisor: onError', options?.onError)
    }
  } catch (error) {
    return Promise.reject(error)
  }
  const { onError, name = 'supervisor' } = options
  const nursery = new Nursery(openScope(name))
  // A failure is told in the context of the last one to end, which may be anybody below the task.
  const inContext = captureContext()
  const restart = restarts && restarterOf(nursery, restarts, inContext, onError !== undefined)
  const onChildEnded = (child: TaskNode): void => {
    if (child.state !== 'rejected') return
    const tell = onError && (() => onError(child.error, taskOf(child)))
    const told = tell && inContext(() => runInScope(nursery.scope, tell, undefined))
    if (isThenable(told)) nursery.include(told)
    restart?.(child)
  }
  nursery.onChildEnded = onChildEnded
  return scoped(nursery.scope, body, new TaskGroup(nursery), valueOf)
}

/** What starts a task again, after its delay, or makes its failure that of the supervisor. */
function restarterOf(
  nursery: Nursery,
  restarts: Restarts,
  inContext: ReturnType<typeof captureContext>,
  isTold: boolean,
): (failed: TaskNode) => void {
  const { clock } = nursery.scope.runtime
  const lives = new WeakMap<
    TaskNode,
    { readonly work: TaskNode['work']; readonly delays: Restarted }
  >()
  return (failed) => {
    if (nursery.failed || nursery.scope.cancelledBy !== undefined) {
      if (!isTold) nursery.fail(failed.error)
      return
    }
    const now = clock.now()
    if (!restarts.count(now)) {
      nursery.fail(failed.error)
      return
    }
    const life = lives.get(failed) ?? { work: failed.work, delays: restarts.begin(now) }
    const delay = life.delays.delay(now)
    const again: TaskNode['work'] = async (scope) => {
      if (delay > 0) await sleep(delay)
      return life.work(scope)
    }
    const next = inContext(() => spawnInto(nursery, 'supervisor', again, { name: failed.name }))
    lives.set(next, life)
  }
}
