import { MisuseError } from '../../errors.ts'
import { requireCount } from '../../kernel/guard.ts'
import { seededRandom } from '../run/seeded-random.ts'
import type { Trace } from '../run/trace.ts'
import { attempt } from './attempt.ts'
import type { Attempt } from './attempt.ts'
import { describeFailure } from './describe-failure.ts'
import { divideOrders } from './exhaustive-strategy.ts'
import type { Explored, ExploreOptions } from './explore-options.ts'
import { ExploreTeam } from './explore-team.ts'
import { isAlike } from './is-alike.ts'
import type { Search } from './search.ts'
import { shrink } from './shrink.ts'
import type { StrategyName } from './strategy.ts'

/** So many steps are spent on shrinking, at the most: a livelock takes as many as it may. */
const PATIENCE = 3_000_000

const usual: readonly StrategyName[] = ['delay', 'time', 'delays', 'exhaustive', 'pct', 'random']

/** The share of what is left of the budget that these may use; the others may use it all. */
const shares: Partial<Record<StrategyName, number>> = { exhaustive: 0.5, delays: 0.5, pct: 0.5 }

/** The search for a failure of a program that passes first come, first served. */
export class Exploration {
  readonly #search: Search
  readonly #base: Trace
  readonly #options: ExploreOptions
  readonly #budget: number
  readonly #team: ExploreTeam | undefined
  readonly #random: () => number

  constructor(
    search: Search,
    base: Trace,
    options: ExploreOptions,
    budget: number,
    team: ExploreTeam | undefined,
  ) {
    this.#search = search
    this.#base = base
    this.#options = options
    this.#budget = budget
    this.#team = team
    this.#random = seededRandom(options.seed ?? 1)
  }

  get #left(): number {
    return this.#budget - this.#search.runs
  }

  async run(): Promise<Explored> {
    const tried: Explored['strategies'][number][] = []
    for (const name of this.#options.strategies ?? usual) {
      if (this.#options.strategies === undefined && !this.#isWorthwhile(name)) continue
      const { schedules, complete, found } = await this.#try(name)
      if (found !== undefined) throw await this.#shrunk(name, found)
      tried.push({ name, schedules, complete })
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

  async #try(name: StrategyName): Promise<Attempt> {
    const share = this.#options.strategies === undefined ? (shares[name] ?? 1) : 1
    const budget = Math.max(0, Math.floor(this.#left * share))
    if (this.#team !== undefined) return this.#share(this.#team, name, budget)
    const { wakes } = this.#base
    const known = { base: this.#base, wakes, beginnings: [[]], random: this.#random, budget }
    return attempt(this.#search, name, known)
  }

  async #share(team: ExploreTeam, name: StrategyName, budget: number): Promise<Attempt> {
    const { runs } = this.#search
    const divide = (): Promise<(readonly number[])[]> =>
      divideOrders((schedule) => this.#search.runSchedule(schedule), 4 * team.size)
    const result = await team.attempt(name, budget, name === 'exhaustive' ? await divide() : [])
    this.#search.runs = runs + result.schedules
    return result
  }

  async #shrunk(name: StrategyName, found: NonNullable<Attempt['found']>): Promise<Error> {
    const { runs } = this.#search
    let { plan, error } = found
    const here = await this.#search.runPlan(plan)
    if (!here.ok) error = here.error
    if (!here.ok && plan.faults.length === 0) {
      let steps = 0
      const delays = await shrink(plan.delays, async (schedule) => {
        if (steps > PATIENCE) return false
        const again = await this.#search.runSchedule(schedule)
        steps += again.driver.trace.length
        return !again.ok && isAlike(again.error, error)
      })
      plan = { delays, faults: [] }
    }
    this.#search.runs = runs
    const file = this.#options.html
    return describeFailure(this.#search, { plan, error, way: name, file, base: this.#base })
  }
}

/** The workers that were asked for. */
export function teamFor(
  main: () => unknown,
  { workers = 1, module, seed = 1 }: ExploreOptions,
  options: Search['options'],
): ExploreTeam | undefined {
  requireCount('explore: workers', workers)
  if (workers === 1) return undefined
  if (module === undefined || main.name === '') {
    throw new MisuseError(
      `explore: workers: they must load main by themselves, got ${workers} (number); give it a name, ` +
        "export it, and say where: module: import.meta.resolve('./transfer.ts')",
    )
  }
  const random = seededRandom(seed)
  const seeds = Array.from({ length: workers }, () => Math.floor(random() * 2 ** 32))
  const brief = { module: String(module), main: main.name, options, count: workers }
  return new ExploreTeam(brief, seeds)
}
