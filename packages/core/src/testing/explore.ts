import { requireCount } from '../kernel/guard.ts'
import { singleDelays, timeDelays, twoDelays } from './delay-strategies.ts'
import { everyOrder } from './exhaustive-strategy.ts'
import { cancelEverywhere, expireEverywhere, failEverywhere } from './fault-strategies.ts'
import { fifo, parsePlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { pct, randomWalks } from './random-strategies.ts'
import type { Schedule } from './schedule.ts'
import { Search } from './search.ts'
import { seededRandom } from './seeded-random.ts'
import { shrink } from './shrink.ts'
import type { Known, Probe, Strategy, StrategyName } from './strategy.ts'
import { trialOptions } from './test-run.ts'
import type { TestRunOptions } from './test-run.ts'
import { divergence } from './trace.ts'
import type { Trace } from './trace.ts'
import type { Trial } from './trial.ts'
import { describeFailure } from './describe-failure.ts'
import { TestFailure } from './test-failure.ts'

export interface ExploreOptions extends TestRunOptions {
  /** How many schedules are tried, at the most. Default 1000. */
  readonly budget?: number
  /**
   * What is tried after first come, first served, and in which order. Default `delay`, `time`, `delays`,
   * `exhaustive` (for a small program), `pct`, `random`. `cancel`, `timeout` and `fail` make things go wrong.
   */
  readonly strategies?: readonly StrategyName[]
  /** Run just this schedule: what a report printed, such as `d1@4`. */
  readonly replay?: string
  /** Write the timeline of a failure into this file. */
  readonly html?: string
}

/** What was tried without finding anything. */
export interface Explored {
  /** How many schedules were run. */
  readonly schedules: number
  /** Each strategy with how many schedules it tried, and whether these were all it has. */
  readonly strategies: readonly {
    readonly name: StrategyName
    readonly schedules: number
    readonly complete: boolean
  }[]
}

const strategies: Readonly<Record<StrategyName, Strategy>> = {
  delay: singleDelays,
  time: timeDelays,
  delays: twoDelays,
  exhaustive: everyOrder,
  pct,
  random: randomWalks,
  cancel: cancelEverywhere,
  timeout: expireEverywhere,
  fail: failEverywhere,
}

const usual: readonly StrategyName[] = ['delay', 'time', 'delays', 'exhaustive', 'pct', 'random']

/** The share of what is left of the budget that these may use; the others may use it all. */
const shares: Partial<Record<StrategyName, number>> = { exhaustive: 0.5, delays: 0.5, pct: 0.5 }

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
  const { budget = 1000, html } = options
  requireCount('explore: budget', budget)
  const trialOf = { foreign: 'error', maxSteps: 100_000, ...options } as const
  const search = new Search(main, trialOptions('explore', main, trialOf))
  if (options.replay !== undefined) {
    const plan = parsePlan('explore: replay', options.replay)
    const trial = await search.runPlan(plan)
    if (trial.ok) return { schedules: 1, strategies: [] }
    throw await describeFailure(search, { plan, error: trial.error, way: 'replay', file: html })
  }
  const base = await search.runPlan(fifo)
  if (!base.ok) {
    throw await describeFailure(search, { plan: fifo, error: base.error, way: 'fifo', file: html })
  }
  requireSameRun(base.driver.trace, (await search.runPlan(fifo)).driver.trace)
  return new Exploration(search, base.driver.trace, options, budget).run()
}

class Exploration {
  readonly #search: Search
  readonly #base: Trace
  readonly #options: ExploreOptions
  readonly #budget: number
  readonly #random: () => number

  constructor(search: Search, base: Trace, options: ExploreOptions, budget: number) {
    this.#search = search
    this.#base = base
    this.#options = options
    this.#budget = budget
    this.#random = seededRandom(options.seed ?? 1)
  }

  get #left(): number {
    return this.#budget - this.#search.runs
  }

  async run(): Promise<Explored> {
    const tried: Explored['strategies'][number][] = []
    for (const name of this.#options.strategies ?? usual) {
      if (this.#options.strategies === undefined && !this.#isWorthwhile(name)) continue
      const before = this.#search.runs
      const complete = await this.#try(name)
      tried.push({ name, schedules: this.#search.runs - before, complete })
      if (name === 'exhaustive' && complete) break
    }
    return { schedules: this.#search.runs, strategies: tried }
  }

  /** Every order is tried only where there are not too many. */
  #isWorthwhile(name: StrategyName): boolean {
    if (name !== 'exhaustive') return true
    let orders = 1
    for (const held of this.#base.wakes) orders *= held.rivals + 1
    return orders <= this.#left
  }

  /** Whether the strategy came to its end. */
  async #try(name: StrategyName): Promise<boolean> {
    const share = this.#options.strategies === undefined ? (shares[name] ?? 1) : 1
    const budget = Math.max(0, Math.floor(this.#left * share))
    const known: Known = { base: this.#base, random: this.#random, budget }
    const proposals = strategies[name](known)
    let proposal = proposals.next()
    for (let i = 0; i < budget && proposal.done !== true; i++) {
      const trial = await this.#run(proposal.value)
      if (!trial.ok) throw await this.#found(name, proposal.value, trial)
      proposal = proposals.next(trial.driver.trace)
    }
    return proposal.done === true
  }

  #run(probe: Probe): Promise<Trial<unknown>> {
    return 'plan' in probe
      ? this.#search.runPlan(probe.plan)
      : this.#search.runSchedule(probe.schedule())
  }

  async #found(
    name: StrategyName,
    probe: Probe,
    { error }: Trial<unknown> & { ok: false },
  ): Promise<Error> {
    const { runs } = this.#search
    let plan = 'plan' in probe ? probe.plan : await this.#planOf(probe.schedule())
    if (plan.faults.length === 0) {
      const delays = await shrink(plan.delays, async (schedule) => {
        const again = await this.#search.runSchedule(schedule)
        return !again.ok && isAlike(again.error, error)
      })
      plan = { delays, faults: [] }
    }
    this.#search.runs = runs
    const file = this.#options.html
    return describeFailure(this.#search, { plan, error, way: name, file, base: this.#base })
  }

  /** What a schedule comes to, found by running it once more. */
  async #planOf(schedule: Schedule): Promise<Plan> {
    const { driver } = await this.#search.runSchedule(schedule, true)
    return { delays: driver.trace.delays(), faults: [] }
  }
}

/** The same kind of failure: messages may differ. */
function isAlike(a: unknown, b: unknown): boolean {
  if (!(a instanceof Error && b instanceof Error)) return typeof a === typeof b
  const codes = [a, b].map((error) => (error as { code?: unknown }).code)
  return a.name === b.name && codes[0] === codes[1]
}

function requireSameRun(first: Trace, second: Trace): void {
  const difference = divergence(first, second)
  if (difference === undefined) return
  throw new TestFailure(
    'NONDETERMINISM',
    'explore: the same schedule did not give the same run twice; make everything anew in each run, ' +
      'and take time and chance from corral (now, the runtime), not from Date or Math.random',
    difference,
  )
}
