import { MisuseError } from '../../errors.ts'
import { requireCount } from '../../kernel/guard.ts'
import { Failpoint } from '../net/failpoint.ts'
import { seededRandom } from '../run/seeded-random.ts'
import type { Trace } from '../run/trace.ts'
import { describeFailure } from './describe-failure.ts'
import { divideOrders } from './exhaustive-strategy.ts'
import type { Explored, ExploreOptions } from './explore-options.ts'
import { ExploreTeam } from './explore-team.ts'
import type { Plan } from './plan.ts'
import { tryStrategies } from './portfolio.ts'
import type { Finding, Outcome } from './portfolio.ts'
import { isAlike } from './search.ts'
import type { Search } from './search.ts'
import { shrink } from './shrink.ts'
import type { StrategyName } from './strategy.ts'

/** So many steps are spent on shrinking, at the most: a livelock takes as many as it may. */
const PATIENCE = 3_000_000

const usual: readonly StrategyName[] = [
  ...(['delay', 'time', 'delays', 'fail', 'exhaustive', 'pct', 'random'] as const),
]

/** The search for a failure of a program that passes first come, first served. */
export class Exploration {
  readonly #search: Search
  readonly #base: Trace
  readonly #options: ExploreOptions
  readonly #budget: number
  readonly #team: ExploreTeam | undefined

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
  }

  async run(): Promise<Explored> {
    const search = this.#search
    const names = this.#options.strategies ?? usual.filter((name) => this.#isWorthwhile(name))
    const left = Math.max(0, this.#budget - search.runs)
    const { attempts, found } = await (this.#team === undefined
      ? this.#alone(names, left)
      : this.#shared(this.#team, names, left))
    if (found !== undefined) throw await this.#shrunk(found)
    const { runs: schedules, lateness, bounded } = search
    const complete = attempts.some(({ name, complete }) => name === 'exhaustive' && complete)
    return {
      schedules,
      lateness,
      ...(complete && { completeUpTo: bounded ? lateness : Infinity }),
      strategies: attempts,
    }
  }

  /** Every order is tried only where there are not too many, and faults where there are places for them. */
  #isWorthwhile(name: StrategyName): boolean {
    const { wakes } = this.#base
    if (name === 'fail') return wakes.some(({ waiter }) => waiter.resource instanceof Failpoint)
    if (name !== 'exhaustive') return true
    let orders = 1
    for (const held of wakes) orders *= held.rivals + 1
    return orders <= this.#budget
  }

  #alone(names: readonly StrategyName[], budget: number): Promise<Outcome> {
    const random = seededRandom(this.#options.seed ?? 1)
    const known = { base: this.#base, wakes: this.#base.wakes, beginnings: [[]], random }
    return tryStrategies(this.#search, names, known, budget)
  }

  async #shared(
    team: ExploreTeam,
    names: readonly StrategyName[],
    budget: number,
  ): Promise<Outcome> {
    const { runs } = this.#search
    const beginnings = names.includes('exhaustive')
      ? await divideOrders((schedule) => this.#search.runSchedule(schedule), 4 * team.size)
      : []
    const outcome = await team.try(names, budget, beginnings, this.#search.lateness)
    const schedules = outcome.attempts.reduce((sum, attempt) => sum + attempt.schedules, 0)
    this.#search.runs = runs + schedules
    return outcome
  }

  async #shrunk({ name, plan: original, error: first }: Finding): Promise<Error> {
    const search = this.#search
    const { runs } = search
    const here = await search.replay(original)
    const error = here.ok ? first : here.error
    const plan = here.ok ? original : await this.#shrink(original, error)
    search.runs = runs
    const { html: file, artifacts } = this.#options
    return describeFailure(search, { plan, error, way: name, file, artifacts, base: this.#base })
  }

  async #shrink(original: Plan, error: unknown): Promise<Plan> {
    const search = this.#search
    let steps = 0
    const shorter = await shrink(original, async (schedule, faults) => {
      if (steps > PATIENCE) return false
      const again = await search.runSchedule(schedule, true, faults)
      steps += again.driver.trace.length
      return !again.ok && isAlike(again.error, error)
    })
    const plan = (await search.runPlan(shorter)).driver.trace.actual(shorter)
    const again = await search.replay(plan)
    return !again.ok && isAlike(again.error, error) ? plan : original
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
