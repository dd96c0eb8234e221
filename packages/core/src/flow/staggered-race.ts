import { handled, requireDuration, requireOptions, suspend, Waiter, wake } from '../lowlevel.ts'
import { moveOnAfter } from '../scope/move-on-after.ts'
import { firstSuccess } from './first-success.ts'
import { listRunners } from './thunk.ts'
import type { ResultOf, Thunk } from './thunk.ts'

export interface StaggeredRaceOptions {
  /** How long the latest attempt may take, in milliseconds, before the next one begins beside it. `Infinity`: only when it fails. */
  readonly delay: number
}

/**
 * Tries the thunks one after another, without waiting too long for any of them: the next one starts when
 * the latest has failed, or beside it when it has taken longer than `delay`. The first success wins; the
 * others are cancelled and awaited; those that have not started never do. For the addresses of a host, and
 * for hedging.
 *
 * Cancellation: reaches every attempt; all are awaited. Once one has won, its value is delivered.
 *
 * @throws the first failure as it is, with the others in its `suppressed`, when all of them failed
 * @throws MisuseError when there are no thunks
 * @example
 * const socket = await staggeredRace(addresses.map((a) => () => connect(a)), { delay: 250 })
 * @see RFC 8305 (Happy Eyeballs), asyncio.staggered
 */
export function staggeredRace<const T extends readonly Thunk<unknown>[]>(
  thunks: T,
  options: StaggeredRaceOptions,
): Promise<ResultOf<T[number]>> {
  return handled(async () => {
    if (options !== undefined) requireOptions('staggeredRace', options)
    const delay = options?.delay
    requireDuration('staggeredRace: delay', delay)
    const list = listRunners('staggeredRace', thunks)
    let latest = 0
    let wait: Waiter | undefined
    const failed = (index: number): void => {
      if (index === latest && wait !== undefined) wake(wait, undefined)
    }
    const pace = (index: number): Promise<unknown> | undefined => {
      if (index === 0) return undefined
      return moveOnAfter(delay, async () => {
        wait = new Waiter('staggeredRace')
        await suspend(wait)
      }).then(() => {
        latest = index
      })
    }
    return (await firstSuccess('staggeredRace', list, failed, pace)) as ResultOf<T[number]>
  })
}
