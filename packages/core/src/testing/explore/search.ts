import { Cancelled, TaskCancelledError, TimeoutError } from '../../errors.ts'
import { FailpointError } from '../net/failpoint.ts'
import { FaultInjector } from '../net/fault-injector.ts'
import { runOnce } from '../run/run-once.ts'
import type { RunOnceOptions, RunResult } from '../run/run-once.ts'
import type { Schedule } from '../run/schedule.ts'
import { delayed } from './delay-schedule.ts'
import type { Plan } from './plan.ts'

/** Runs one program again and again. */
export class Search {
  readonly #main: () => unknown
  readonly options: RunOnceOptions
  /** How many runs were made. */
  runs = 0

  constructor(main: () => unknown, options: RunOnceOptions) {
    this.#main = main
    this.options = options
  }

  async runPlan(plan: Plan): Promise<RunResult<unknown>> {
    this.runs += 1
    const faults = plan.faults.length === 0 ? undefined : new FaultInjector(plan.faults)
    const schedule = delayed(plan.delays)
    const trial = await runOnce(this.#main, { ...this.options, schedule, faults, record: true })
    if (trial.ok || faults === undefined || !isOurs(trial.error)) return trial
    return { ok: true, value: undefined, driver: trial.driver }
  }

  runSchedule(schedule: Schedule, record = false): Promise<RunResult<unknown>> {
    this.runs += 1
    return runOnce(this.#main, { ...this.options, schedule, record })
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
