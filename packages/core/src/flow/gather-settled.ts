import { handled, requireLimit } from '../lowlevel.ts'
import type { GatherOptions } from './gather.ts'
import { limited, taskPerThunk } from './task-per-thunk.ts'
import { inShapeOf, keysOf, listThunks } from './thunk.ts'
import type { ResultOf, ThunksOf } from './thunk.ts'

/** How each of them went, in the shape they came in. */
export type SettledResultsOf<T> = {
  -readonly [K in keyof T]: PromiseSettledResult<ResultOf<T[K]>>
}

/**
 * Runs all thunks at once, each in a task of its own, and returns the outcome of each, in the same shape
 * and order; the keys of a record name the tasks. A failure is a result like any other: the others continue.
 *
 * Cancellation: reaches every thunk; all are awaited, then it propagates: it is never one of the results.
 * When the task of a single thunk was cancelled, its outcome is a rejection with `TaskCancelledError`.
 *
 * @example
 * const results = await gatherSettled(urls.map((url) => () => download(url)), { concurrency: 5 })
 * const failed = results.filter((result) => result.status === 'rejected')
 * @see asyncio.gather with return_exceptions, Promise.allSettled
 */
export function gatherSettled<const T extends ThunksOf<T>>(
  thunks: T,
  options: GatherOptions = {},
): Promise<SettledResultsOf<T>> {
  return handled(async () => {
    const { concurrency = Infinity } = options
    requireLimit('gatherSettled: concurrency', concurrency)
    const list = listThunks('gatherSettled', thunks)
    const results = Array.from<unknown>({ length: list.length })
    const policy = limited('gatherSettled', concurrency, (task, index) => {
      results[index] =
        task.state === 'fulfilled'
          ? { status: 'fulfilled', value: task.value }
          : { status: 'rejected', reason: task.failure() }
    })
    await taskPerThunk('gatherSettled', list, policy, keysOf(thunks))
    return inShapeOf(thunks, results) as SettledResultsOf<T>
  })
}
