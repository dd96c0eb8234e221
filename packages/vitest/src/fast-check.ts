import { explore } from 'corral/testing'
import type { ExploreOptions } from 'corral/testing'
import { gather } from 'corral'
import { array, asyncProperty, integer, tuple } from 'fast-check'
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

/** One operation on what is tested, as an arbitrary of fast-check makes it. */
export interface Command<T> {
  run(subject: T): unknown
  /** How it is called when a run fails. */
  toString(): string
}

/**
 * A property that makes operations itself: commands in several tasks at once, on a fresh subject in each run, under
 * the schedules of `explore`. What must hold is said with `linearizable` or `always` in `make`.
 *
 * @param make the subject, anew in each run
 * @param options those of `explore`, and how many tasks (default 3) with how many commands each (default 4) at the most
 * @example
 * await fc.assert(
 *   exploredCommands(
 *     () => linearizable(new Registry(), () => new Model()),
 *     fc.oneof(fc.record({ key: fc.nat(3) }).map(({ key }) => new Add(key)), fc.constant(new Clear())),
 *   ),
 * )
 * @see Lincheck
 */
export function exploredCommands<T>(
  make: () => T,
  commands: Arbitrary<Command<T>>,
  options: ExploreOptions & { readonly tasks?: number; readonly length?: number } = {},
): IAsyncProperty<[Command<T>[][]]> {
  const { tasks = 3, length = 4, ...explored } = options
  const lists = tuple(integer({ min: Math.min(2, tasks), max: tasks })).chain(([count]) =>
    array(array(commands, { minLength: 1, maxLength: length }), {
      minLength: count,
      maxLength: count,
    }),
  )
  return exploredProperty(
    lists,
    async (all) => {
      const subject = make()
      await gather(
        all.map((list) => async () => {
          for (const command of list) await command.run(subject)
        }),
      )
    },
    explored,
  )
}
