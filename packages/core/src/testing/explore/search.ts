import { Cancelled, TaskCancelledError, TimeoutError } from '../../errors.ts'
import { monotonicNow } from '../../kernel/platform.ts'
import { FailpointError } from '../net/failpoint.ts'
import { FaultInjector } from '../net/fault-injector.ts'
import { runOnce } from '../run/run-once.ts'
import type { RunOnceOptions, RunResult } from '../run/run-once.ts'
import type { Schedule } from '../run/schedule.ts'
import { TestFailure } from '../run/test-failure.ts'
import { delayed } from './delay-schedule.ts'
import type { Plan } from './plan.ts'

const none: Plan['faults'] = []

/** Runs one program again and again. */
export class Search {
  readonly #main: () => unknown
  readonly options: RunOnceOptions
  readonly #end: number
  /** How many runs were made. */
  runs = 0
  /** How late a wake-up may be, in milliseconds of virtual time. */
  lateness: number = Infinity
  /** Whether that kept anything from being tried. */
  bounded = false

  constructor(main: () => unknown, options: RunOnceOptions) {
    this.#main = main
    this.options = options
    this.#end = monotonicNow() + (options.timeLimit ?? Infinity)
  }

  /** A plan, with everything as late as it says at the most. */
  async runPlan(plan: Plan): Promise<RunResult<unknown>> {
    return this.#run(delayed(plan.delays), plan, { lateness: this.lateness })
  }

  /** A plan exactly as it is written. */
  async replay(plan: Plan, places = false): Promise<RunResult<unknown>> {
    return this.#run(delayed(plan.delays), plan, { places })
  }

  /** A schedule of its own, with the faults of a plan. */
  runSchedule(
    schedule: Schedule,
    record = false,
    faults: Plan['faults'] = none,
  ): Promise<RunResult<unknown>> {
    return this.#run(schedule, { delays: [], faults }, { lateness: this.lateness, record })
  }

  async #run(
    schedule: Schedule,
    plan: Plan,
    how: Pick<RunOnceOptions, 'lateness' | 'places' | 'record'>,
  ): Promise<RunResult<unknown>> {
    this.runs += 1
    const faults = plan.faults === none ? undefined : new FaultInjector(plan.faults)
    const timeLimit = this.#end - monotonicNow()
    if (timeLimit <= 0) throw this.#outOfTime()
    const options = { ...this.options, timeLimit, record: true, ...how, schedule, faults }
    const trial = await runOnce(this.#main, options)
    this.bounded ||= trial.driver.bounded
    if (trial.ok || faults === undefined || !isOurs(trial.error)) return trial
    return { ok: true, value: undefined, driver: trial.driver }
  }

  #outOfTime(): TestFailure {
    const ms = this.options.timeLimit ?? 0
    const found = `nothing was found in ${this.runs - 1} schedules`
    const cure = 'allow more time, or a smaller budget'
    return new TestFailure('TIMEOUT', `explore: out of time after ${ms} ms: ${found}; ${cure}`, '')
  }
}

/** What was injected may come out at the end: that alone is no failure of the program. */
function isOurs(error: unknown): boolean {
  return (
    error instanceof Cancelled ||
    error instanceof TaskCancelledError ||
    error instanceof TimeoutError ||
    error instanceof FailpointError
  )
}

/** The same kind of failure: messages may differ. */
export function isAlike(a: unknown, b: unknown): boolean {
  if (!(a instanceof Error && b instanceof Error)) return typeof a === typeof b
  const codes = [a, b].map((error) => (error as { code?: unknown }).code)
  return a.name === b.name && codes[0] === codes[1]
}
