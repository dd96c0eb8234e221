import { handled, requireLimit } from '../lowlevel.ts'
import { limited, taskPerThunk } from './task-per-thunk.ts'
import { inShapeOf, keysOf, listThunks } from './thunk.ts'
import type { ResultsOf, ThunksOf } from './thunk.ts'

export interface GatherOptions {
  /** How many run at the same time, at the most. Default: all of them. */
  readonly concurrency?: number
}

/**
 * Runs all thunks at once, each in a task of its own, and returns their results in the same shape and
 * order: a tuple, an array or a record, whose keys name the tasks. The first failure cancels the others and
 * awaits them.
 *
 * Cancellation: reaches every thunk; all are awaited before it propagates. Thunks that have not started
 * never do.
 *
 * @throws the first failure as it is, with later ones in its `suppressed`
 * @throws TaskCancelledError when the task of one thunk was cancelled by itself
 * @example
 * const [user, orders] = await gather([() => fetchUser(1), () => fetchOrders(1)])
 * const { a, b } = await gather({ a: () => load('a'), b: () => load('b') }, { concurrency: 1 })
 * @see asyncio.gather
 */
export function gather<const T extends ThunksOf<T>>(
  thunks: T,
  options: GatherOptions = {},
): Promise<ResultsOf<T>> {
  return handled(async () => {
    const { concurrency = Infinity } = options
    requireLimit('gather: concurrency', concurrency)
    const list = listThunks('gather', thunks)
    const results = Array.from<unknown>({ length: list.length })
    const policy = limited('gather', concurrency, (task, index, group) => {
      if (task.state === 'fulfilled') results[index] = task.value
      else group.fail(task.failure())
    })
    await taskPerThunk('gather', list, policy, keysOf(thunks))
    return inShapeOf(thunks, results) as ResultsOf<T>
  })
}
