import { Semaphore } from '../sync/semaphore.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { Nursery } from '../scope/nursery.ts'
import type { Child } from '../scope/nursery.ts'
import { openScope } from '../scope/scoped.ts'
import { spawnInto } from '../scope/spawn.ts'
import { runGroup } from '../scope/task-group.ts'
import type { Thunk } from './thunk.ts'

/** Decides, at the moment a thunk's task ends, what becomes of it: `group.fail` makes it the failure of all. */
export type Ended = (task: Child, index: number, group: Nursery) => void

/**
 * Runs each thunk in a task of its own, in a group that is called `name`, and waits for all of them.
 * The tasks begin in order; with `concurrency` the next one begins when one has ended.
 */
export async function taskPerThunk(
  name: string,
  thunks: readonly Thunk<unknown>[],
  ended: Ended,
  concurrency: number = Infinity,
): Promise<void> {
  throwIfCancelled()
  const group = new Nursery(openScope(name))
  await runGroup(group, () => spawnEach(group, thunks, ended, concurrency))
}

/** The inside of `taskPerThunk`, for a group that somebody else ends. */
export async function spawnEach(
  group: Nursery,
  thunks: readonly Thunk<unknown>[],
  ended: Ended,
  concurrency: number,
): Promise<void> {
  const slots = concurrency < thunks.length ? new Semaphore(concurrency) : undefined
  const entries = new Map<Child, readonly [number, Disposable | undefined]>()
  group.onEnded = (task) => {
    const [index, slot] = entries.get(task) as readonly [number, Disposable | undefined]
    entries.delete(task)
    slot?.[Symbol.dispose]()
    ended(task, index, group)
  }
  for (const [index, thunk] of thunks.entries()) {
    const slot = slots && (await slots.acquire())
    if (slot !== undefined) throwIfCancelled()
    entries.set(spawnThunk(group, thunk, index), [index, slot])
  }
}

/** Spawns one thunk under its own name, or its number. */
export function spawnThunk(group: Nursery, thunk: Thunk<unknown>, index: number): Child {
  const name = thunk.name === '' ? `${group.scope.name}[${index}]` : thunk.name
  return spawnInto(group, group.scope.name as string, thunk, { name })
}
