import { explore } from 'corral/testing'
import type { ExploreOptions } from 'corral/testing'
import { asyncProperty } from 'fast-check'
import type { Arbitrary, IAsyncProperty } from 'fast-check'

/**
 * A property of fast-check: the data come from it, the schedules from `explore`. For each data the
 * program is run under `budget` schedules; fast-check shrinks the data, `explore` the schedule.
 *
 * The program must not change its data: it gets the same ones in each run.
 *
 * @param options those of `explore`; `budget` is 50 if left out
 * @example
 * await fc.assert(
 *   exploredProperty(fc.array(fc.nat()), async (amounts) => {
 *     const account = new Account()
 *     await mapConcurrent(amounts, (amount) => account.deposit(amount), { concurrency: 2 })
 *     assert.equal(account.balance, amounts.reduce((a, b) => a + b, 0))
 *   }),
 * )
 */
export function exploredProperty<T>(
  data: Arbitrary<T>,
  program: (data: T) => unknown,
  options: ExploreOptions = {},
): IAsyncProperty<[T]> {
  return asyncProperty(data, async (value) => {
    await explore(() => program(value), { budget: 50, ...options })
  })
}
