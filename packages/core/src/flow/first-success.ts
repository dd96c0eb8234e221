import { isCancelled } from '../errors.ts'
import { suppress } from '../scope/suppressed.ts'
import { taskPerThunk } from './task-per-thunk.ts'
import type { Course } from './task-per-thunk.ts'
import type { Thunk } from './thunk.ts'

/**
 * Runs thunks until one succeeds; the others are cancelled and awaited. A failure is an expected end of
 * an attempt, before and after one has succeeded: only when all have failed does it matter. Then the
 * first one is thrown, with the others in its `suppressed`. One that cannot take them, such as a string,
 * goes without: as they were expected, they are not reported either.
 *
 * @param failed told of each failure before the first success
 */
export async function firstSuccess(
  name: string,
  thunks: readonly Thunk<unknown>[],
  failed?: (index: number) => void,
  pace?: Course['pace'],
): Promise<unknown> {
  const failures: unknown[] = []
  let winner: { readonly value: unknown } | undefined
  const ended: Course['ended'] = (task, index, group) => {
    if (winner !== undefined) return
    if (task.state === 'fulfilled') {
      winner = { value: task.value }
      group.cancel('another one was first')
    } else {
      failures.push(task.failure())
      failed?.(index)
    }
  }
  try {
    await taskPerThunk(name, thunks, pace === undefined ? { ended } : { ended, pace })
  } catch (error) {
    if (winner === undefined || !isCancelled(error)) throw error
  }
  if (winner !== undefined) return winner.value
  const [first, ...others] = failures
  if (Object.isExtensible(first)) suppress(first, others)
  throw first
}
