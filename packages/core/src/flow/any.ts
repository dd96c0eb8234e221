import { handled } from '../lowlevel.ts'
import { firstSuccess } from './first-success.ts'
import { listRunners } from './thunk.ts'
import type { ResultOf, Thunk } from './thunk.ts'

/**
 * Runs all thunks at once, each in a task of its own, and returns the first success. The others are
 * cancelled and awaited before it settles; it does not matter if they fail then.
 *
 * Cancellation: reaches every thunk; all are awaited. Once one has won, its value is delivered.
 *
 * @throws the first failure as it is, with the others in its `suppressed`, when all of them failed
 * @throws MisuseError when there are no thunks
 * @example
 * const page = await any(mirrors.map((mirror) => () => download(mirror)))
 * @see Promise.any, Java's Joiner.anySuccessfulOrThrow
 */
export function any<const T extends readonly Thunk<unknown>[]>(
  thunks: T,
): Promise<ResultOf<T[number]>> {
  return handled(async () => {
    const list = listRunners('any', thunks)
    return (await firstSuccess('any', list)) as ResultOf<T[number]>
  })
}
