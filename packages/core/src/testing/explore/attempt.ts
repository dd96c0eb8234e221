import { singleDelays, timeDelays, twoDelays } from './delay-strategies.ts'
import { everyOrder } from './exhaustive-strategy.ts'
import { cancelEverywhere, expireEverywhere, failEverywhere } from './fault-strategies.ts'
import type { Plan } from './plan.ts'
import { pct, randomWalks } from './random-strategies.ts'
import type { Search } from './search.ts'
import type { Known, Probe, Strategy, StrategyName } from './strategy.ts'

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

export const strategyNames: readonly string[] = Object.keys(strategies)

/** What came of one strategy. */
export interface Attempt {
  readonly schedules: number
  /** Whether it came to its end. */
  readonly complete: boolean
  /** The first failure, as it was found: not shrunk. */
  readonly found?: { readonly plan: Plan; readonly error: unknown }
}

/** Tries what a strategy proposes, until something fails, the budget is used up or all has been tried. */
export async function attempt(search: Search, name: StrategyName, known: Known): Promise<Attempt> {
  const before = search.runs
  const proposals = strategies[name](known)
  let proposal = proposals.next()
  while (proposal.done !== true && search.runs - before < known.budget) {
    const probe = proposal.value
    const trial =
      'plan' in probe
        ? await search.runPlan(probe.plan)
        : await search.runSchedule(probe.schedule())
    if (!trial.ok) {
      const schedules = search.runs - before
      const found = { plan: await planOf(search, probe), error: trial.error }
      return { schedules, complete: false, found }
    }
    proposal = proposals.next(trial.driver.trace)
  }
  return { schedules: search.runs - before, complete: proposal.done === true }
}

/** What a probe comes to; a schedule has to be run once more for that. */
async function planOf(search: Search, probe: Probe): Promise<Plan> {
  if ('plan' in probe) return probe.plan
  const { driver } = await search.runSchedule(probe.schedule(), true)
  return { delays: driver.trace.delays(), faults: [] }
}
