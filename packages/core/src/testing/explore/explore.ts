import { MisuseError } from '../../errors.ts'
import { describe, requireCount, requireDuration } from '../../kernel/guard.ts'
import type { Driver } from '../run/driver.ts'
import { showThrown } from '../run/show-value.ts'
import { TestFailure } from '../run/test-failure.ts'
import { trialOptions } from '../run/test-run.ts'
import { divergence } from '../run/trace.ts'
import type { Trace } from '../run/trace.ts'
import { describeFailure } from './describe-failure.ts'
import { Exploration, teamFor } from './exploration.ts'
import type { Explored, ExploreOptions } from './explore-options.ts'
import { fifo, parsePlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { strategyNames } from './portfolio.ts'
import { Search } from './search.ts'
import { workerPlace } from './worker-place.ts'

/** As late as anything is without being told, in milliseconds: a machine may sleep for longer, but who would mend that. */
const LATEST = 60_000

/**
 * Runs `main` under many schedules, each time in a fresh `testRun`: first come first served, then with
 * single wake-ups late, then two, then by chance. The first failure is shrunk to the fewest delays and
 * thrown with a table of what happened and a token to run it again.
 *
 * `main` must make everything it uses anew: what outlives a run makes the next one different.
 *
 * Cancellation: none from outside.
 *
 * @throws ExploreFailure with what the program threw as its cause
 * @throws TestFailure when the same schedule does not give the same run twice
 * @example
 * await explore(async () => {
 *   const account = new Account()
 *   await gather([() => account.deposit(1), () => account.deposit(2)])
 *   assert.equal(account.balance, 3)
 * })
 * @see shuttle, loom, Coyote
 */
export async function explore(
  main: () => unknown,
  options: ExploreOptions = {},
): Promise<Explored> {
  if (workerPlace.within) {
    throw new MisuseError(
      'explore: a worker that loads main must not explore; put main into a module that only exports it',
    )
  }
  const { budget = 1000, html: file, artifacts, lateness } = options
  requireCount('explore: budget', budget)
  if (lateness !== undefined) requireDuration('explore: lateness', lateness)
  requireStrategies(options.strategies)
  const trialOf = { foreign: 'error', maxSteps: 100_000, ...options } as const
  const search = new Search(main, trialOptions('explore', main, trialOf))
  const known = { file, artifacts }
  if (options.replay !== undefined) {
    const plan = parsePlan('explore: replay', options.replay)
    const trial = await search.replay(plan)
    if (!trial.ok) {
      throw await describeFailure(search, { plan, error: trial.error, way: 'replay', ...known })
    }
    requireOwnPlan(plan, options.replay, trial.driver.trace)
    return { schedules: 1, lateness: Infinity, strategies: [] }
  }
  const base = await search.replay(fifo)
  if (!base.ok) {
    const found = { plan: fifo, error: base.error, way: 'fifo', ...known }
    throw await describeFailure(search, found)
  }
  search.lateness = lateness ?? defaultLateness(base.driver)
  const second = await search.replay(fifo)
  requireSameRun(base.driver.trace, second.driver.trace)
  if (!second.ok) throw stateAcrossRuns(second.error)
  const team = teamFor(main, options, search.options)
  try {
    return await new Exploration(search, base.driver.trace, options, budget, team).run()
  } finally {
    team?.[Symbol.dispose]() // no `using`: a Node that is too old could not even read this file, and say so
  }
}

/** As long as the program's longest timer, or as it takes as a whole: that much it must allow for. */
function defaultLateness({ clock, startTime }: Driver): number {
  return Math.min(LATEST, Math.max(clock.longest, clock.now() - startTime))
}

function requireStrategies(names: unknown): void {
  if (names === undefined) return
  const wrong = Array.isArray(names) ? names.find((name) => !strategyNames.includes(name)) : names
  if (Array.isArray(names) && wrong === undefined) return
  throw new MisuseError(
    `explore: strategies must be a list of ${strategyNames.join(', ')}, got ${describe(wrong)}`,
  )
}

function requireSameRun(first: Trace, second: Trace): void {
  const difference = divergence(first, second)
  if (difference === undefined) return
  throw new TestFailure(
    'NONDETERMINISM',
    'explore: the same schedule did not give the same run twice; make everything anew in each run, ' +
      'take time and chance from corral (now, the runtime), not from Date or Math.random, and wait for ' +
      'nothing real (setTimeout, fetch, a file): see testRun',
    difference,
  )
}

/** It passed, and the same again fails: something is still there from the first time. */
function stateAcrossRuns(error: unknown): TestFailure {
  const message =
    'explore: state across runs: the same schedule passed the first time, and failed the second time with ' +
    `${showThrown(error).split('\n')[0]}; make anew in main, or reset there, what outlives a run: a variable of a ` +
    'module, a cache, a mock'
  return new TestFailure('NONDETERMINISM', message, '', { cause: error })
}

/** A token that says nothing about this program proves nothing by passing. */
function requireOwnPlan({ delays, faults }: Plan, token: string, trace: Trace): void {
  const strange = [...delays, ...faults].find(({ seq }) => trace.find(seq) === undefined)
  if (strange === undefined) return
  throw new MisuseError(
    `explore: replay: ${token} is not of this program as it is now: there was no wake-up ${strange.seq}, ` +
      `only ${trace.wakes.length}; leave replay out to explore it anew`,
  )
}
