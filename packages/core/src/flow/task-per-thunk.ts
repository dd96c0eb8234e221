import {
  bodyOf,
  Nursery,
  openScope,
  scoped,
  spawnInto,
  suspend,
  valueOf,
  Waiter,
  wake,
} from '../lowlevel.ts'
import type { TaskNode } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import type { Thunk } from './thunk.ts'

export interface RunPolicy {
  /** Decides, at the moment a thunk's task ends, what becomes of it: `group.fail` makes it the failure of all. */
  readonly onTaskEnded: (task: TaskNode, index: number, group: Nursery) => void
  /** What to wait for before this thunk begins; undefined for nothing. */
  readonly pace?: (index: number) => PromiseLike<unknown> | undefined
}

/**
 * Runs each thunk in a task of its own, begun in order, in a group called `name`, and waits for all of them.
 *
 * @param keys the names of the tasks, where the thunks came with some
 */
export async function taskPerThunk(
  name: string,
  thunks: readonly Thunk<unknown>[],
  policy: RunPolicy,
  keys?: readonly string[],
): Promise<void> {
  throwIfCancelled()
  const group = new Nursery(openScope(name))
  await scoped(group.scope, () => spawnEach(name, group, thunks, policy, keys), undefined, valueOf)
}

/** The inside of `taskPerThunk`, for a group that somebody else ends. */
export async function spawnEach(
  name: string,
  group: Nursery,
  thunks: readonly Thunk<unknown>[],
  { onTaskEnded, pace }: RunPolicy,
  keys?: readonly string[],
): Promise<void> {
  const indices = new Map<TaskNode, number>()
  const onChildEnded = (task: TaskNode): void => {
    const index = indices.get(task)
    if (index !== undefined) onTaskEnded(task, index, group)
    else if (task.state === 'rejected') group.fail(task.error)
    indices.delete(task)
  }
  group.onChildEnded = onChildEnded
  for (const [index, thunk] of thunks.entries()) {
    const wait = pace?.(index)
    if (wait !== undefined) {
      await wait
      throwIfCancelled()
    }
    const label = keys?.[index] ?? (thunk.name || `${name}[${index}]`)
    indices.set(spawnInto(group, name, bodyOf(thunk), { name: label }), index)
  }
}

/** A policy by which at most `concurrency` run at the same time: the next one begins when one has ended. */
export function limited(
  name: string,
  concurrency: number,
  decide: RunPolicy['onTaskEnded'],
): RunPolicy {
  if (concurrency === Infinity) return { onTaskEnded: decide }
  let free = concurrency
  let wait: Waiter | undefined
  return {
    onTaskEnded(task, index, group) {
      if (wait === undefined || !wake(wait, undefined)) free += 1
      wait = undefined
      decide(task, index, group)
    },
    pace() {
      if (free === 0) return suspend((wait = new Waiter(name)))
      free -= 1
      return undefined
    },
  }
}
