import { handled } from '../lowlevel.ts'
import { firstToWin } from './first-to-win.ts'
import { listRunners } from './thunk.ts'
import type { ResultOf, Thunk } from './thunk.ts'

/**
 * Runs all thunks at once, each in a task of its own: the first one to end decides, by its value or its
 * error. The others are cancelled and awaited before it settles. For the first success see `any`.
 *
 * A loser that fails while being cancelled fails the race: no error is swallowed.
 *
 * Cancellation: reaches every thunk; all are awaited. Once one has won, its value is delivered.
 *
 * @throws the error of the first one to end, or of a loser, with later ones in its `suppressed`
 * @throws MisuseError when there are no thunks
 * @example
 * const answer = await race([() => askPrimary(), () => askReplica()])
 * @see Promise.race, which leaves the losers running
 */
export function race<const T extends readonly Thunk<unknown>[]>(
  thunks: T,
): Promise<ResultOf<T[number]>> {
  return handled(async () => {
    const list = listRunners('race', thunks)
    const winner = await firstToWin('race', list, (task, _index, group) =>
      group.fail(task.failure()),
    )
    return winner?.value as ResultOf<T[number]>
  })
}
