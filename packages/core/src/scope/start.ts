import { Cancelled, MisuseError, TaskCancelledError } from '../errors.ts'
import { requireFunction } from '../kernel/guard.ts'
import { propagateCancellation } from '../kernel/cancellation.ts'
import { attach, detach } from '../kernel/scope-tree.ts'
import { cancelOnAbort, signalOf } from './abort-signal.ts'
import { handled } from './handled.ts'
import { Nursery } from './nursery.ts'
import { openScope, scoped, valueOf } from './scoped.ts'
import { spawnInto } from './spawn.ts'
import type { SpawnOptions } from './spawn.ts'
import type { TaskNode } from './task-node.ts'

/**
 * The task begins in a nursery of the caller's own, and moves into the group when it says that it has
 * started. So what fails before is the caller's, what fails after is the group's.
 */
export function startInto<T>(
  group: Nursery,
  fn: (started: (value: T) => void) => PromiseLike<unknown>,
  options: SpawnOptions | undefined,
): Promise<T> {
  return handled(() => starting(group, fn, options))
}

async function starting<T>(
  group: Nursery,
  fn: (started: (value: T) => void) => PromiseLike<unknown>,
  options: SpawnOptions | undefined,
): Promise<T> {
  requireFunction('TaskGroup.start: fn', fn)
  group.requireOpen('TaskGroup.start')
  group.hold() // keeps the group open meanwhile
  const nursery = new Nursery(openScope('TaskGroup.start'))
  let result: { readonly value: T } | undefined
  const started = (value: T): void => {
    if (result !== undefined) {
      throw new MisuseError('TaskGroup.start: started was called twice; call it once')
    }
    if (group.closed || task.ended || nursery.closed) return
    // One that is being cancelled stays where it is, unless the group is, too: it would be the group's failure.
    const { cancelledBy } = task.scope
    if (cancelledBy !== undefined && cancelledBy !== group.scope.cancelledBy) return
    result = { value }
    group.adopt(task)
    detach(task.scope)
    attach(task.scope, group.scope)
    propagateCancellation(task.scope)
    nursery.release()
  }
  const name = options?.name ?? (fn.name || 'start')
  let task: TaskNode
  const unfollow = cancelOnAbort(nursery.scope, signalOf(group.scope))
  try {
    await scoped(
      nursery.scope,
      () => {
        task = spawnInto(nursery, 'TaskGroup.start', () => fn(started), { name })
      },
      undefined,
      valueOf,
    )
  } finally {
    unfollow()
    group.release()
  }
  if (result !== undefined) return result.value
  if (group.failed) throw group.failure
  const { cancelledBy } = nursery.scope
  if (cancelledBy === nursery.scope && group.scope.cancelledBy !== undefined) {
    throw new TaskCancelledError(name, group.scope.cancelledBy.reason) // the caller was not
  }
  if (cancelledBy !== undefined) throw new Cancelled(cancelledBy.reason)
  throw new MisuseError(
    `TaskGroup.start: task ${name} ended without calling started; call it when it is ready`,
  )
}
