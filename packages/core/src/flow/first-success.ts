import { suppress } from '../lowlevel.ts'
import type { TaskNode } from '../lowlevel.ts'
import { firstToWin } from './first-to-win.ts'
import type { RunPolicy } from './task-per-thunk.ts'
import type { Thunk } from './thunk.ts'

/**
 * Runs thunks until one succeeds; the others are cancelled and awaited. A failure is an expected end of
 * an attempt, before and after one has succeeded: only when all have failed does it matter. Then the
 * first one is thrown, with the others in its `suppressed`. One that cannot take them, such as a string,
 * goes without: as they were expected, they are not reported either.
 *
 * @param failed told of each failure
 */
export async function firstSuccess(
  name: string,
  thunks: readonly Thunk<unknown>[],
  failed?: (index: number) => void,
  pace?: RunPolicy['pace'],
): Promise<unknown> {
  const failures: unknown[] = []
  const lost = (task: TaskNode, index: number): void => {
    failures.push(task.failure())
    failed?.(index)
  }
  const winner = await firstToWin(name, thunks, lost, pace)
  if (winner !== undefined) return winner.value
  const [first] = failures
  if (Object.isExtensible(first)) suppress(first, failures)
  throw first
}
