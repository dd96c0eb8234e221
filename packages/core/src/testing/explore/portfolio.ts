import { severalDelays, singleDelays, timeDelays } from './delay-strategies.ts'
import { everyOrder } from './exhaustive-strategy.ts'
import { cancelEverywhere, expireEverywhere, failEverywhere } from './fault-strategies.ts'
import { printPlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { pct, randomWalks } from './random-strategies.ts'
import type { Search } from './search.ts'
import type { Trace } from '../run/trace.ts'
import type { Known, Probe, Strategy, StrategyName } from './strategy.ts'

const strategies: Readonly<Record<StrategyName, Strategy>> = {
  delay: singleDelays,
  time: timeDelays,
  delays: severalDelays,
  exhaustive: everyOrder,
  pct,
  random: randomWalks,
  cancel: cancelEverywhere,
  timeout: expireEverywhere,
  fail: failEverywhere,
}

export const strategyNames: readonly string[] = Object.keys(strategies)

/** Those that only put the same things into another order. */
const orders: ReadonlySet<StrategyName> = new Set(['delay', 'time', 'delays', 'pct', 'random'])

/** How many runs a strategy makes before it is the next one's turn: at first, and then twice as many each round. */
const TURN = 24

/** What came of one strategy. */
export interface Attempt {
  readonly name: StrategyName
  readonly schedules: number
  /** Whether it came to its end. */
  readonly complete: boolean
}

/** The first failure, as it was found: not shrunk. */
export interface Finding {
  readonly name: StrategyName
  readonly plan: Plan
  readonly error: unknown
}

export interface Outcome {
  readonly attempts: readonly Attempt[]
  readonly found?: Finding
}

/** A strategy under way. */
interface Entry {
  readonly name: StrategyName
  readonly proposals: ReturnType<Strategy>
  next: IteratorResult<Probe, void> | undefined
  schedules: number
}

/**
 * Lets strategies take turns, until something fails, the budget is used up or all has been tried. What one does
 * not need is there for the others, and none can use it all up.
 */
export async function tryStrategies(
  search: Search,
  names: readonly StrategyName[],
  known: Known,
  budget: number,
): Promise<Outcome> {
  const end = search.runs + budget
  const entries = names.map((name): Entry => ({
    name,
    proposals: strategies[name](known),
    next: undefined,
    schedules: 0,
  }))
  const passed = new Passed()
  let open = entries
  for (let turn = TURN; open.length > 0 && search.runs < end; turn *= 2) {
    for (const entry of open) {
      const found = await takeTurn(search, entry, Math.min(end, search.runs + turn), passed)
      if (found !== undefined) return { attempts: entries.map(attemptOf), found }
    }
    const everyOrderTried = entries.some(
      ({ name, next }) => name === 'exhaustive' && next?.done === true,
    )
    open = open.filter(
      ({ name, next }) => next?.done !== true && !(everyOrderTried && orders.has(name)),
    )
  }
  const attempts = entries.map(attemptOf)
  // Those that had nothing left to do when every order had been tried are left out.
  return { attempts: attempts.filter(({ schedules, complete }) => schedules > 0 || complete) }
}

function attemptOf({ name, schedules, next }: Entry): Attempt {
  return { name, schedules, complete: next?.done === true }
}

async function takeTurn(
  search: Search,
  entry: Entry,
  end: number,
  passed: Passed,
): Promise<Finding | undefined> {
  entry.next ??= entry.proposals.next()
  while (entry.next.done !== true && search.runs < end) {
    const probe: Probe = entry.next.value
    const known = passed.get(probe)
    if (known !== undefined) {
      entry.next = entry.proposals.next(known)
      continue
    }
    const trial =
      'plan' in probe
        ? await search.runPlan(probe.plan)
        : await search.runSchedule(probe.schedule())
    entry.schedules += 1
    const { trace } = trial.driver
    if (!trial.ok) {
      const plan = 'plan' in probe ? trace.actual(probe.plan) : await planOf(search, probe)
      return { name: entry.name, plan, error: trial.error }
    }
    passed.add(probe, trace)
    entry.next = entry.proposals.next(trace)
  }
  return undefined
}

/** So many steps are remembered. */
const MEMORY = 200_000

/** Runs with a single delay, which several strategies begin with: they need not be made twice. */
class Passed {
  readonly #traces = new Map<string, Trace>()
  #steps = 0

  get(probe: Probe): Trace | undefined {
    return 'plan' in probe ? this.#traces.get(printPlan(probe.plan)) : undefined
  }

  add(probe: Probe, trace: Trace): void {
    if (!('plan' in probe) || probe.plan.delays.length !== 1 || probe.plan.faults.length > 0) return
    this.#steps += trace.length
    if (this.#steps < MEMORY) this.#traces.set(printPlan(probe.plan), trace)
  }
}

/** What a schedule comes to; it has to be run once more for that. */
async function planOf(
  search: Search,
  { schedule }: Extract<Probe, { schedule: unknown }>,
): Promise<Plan> {
  const { driver } = await search.runSchedule(schedule(), true)
  search.runs -= 1
  return { delays: driver.trace.delays(), faults: [] }
}
