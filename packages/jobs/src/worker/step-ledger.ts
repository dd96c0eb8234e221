import { JobsError } from '../errors.ts'
import type { StepRecord } from '../store/records.ts'

/**
 * The steps of one run beside those that earlier runs recorded. A step is known by its name, and its place tells that the
 * workflow is still the same: what was recorded under another place or name would be another step.
 */
export class StepLedger {
  readonly #recorded: ReadonlyMap<string, StepRecord>
  readonly #names: readonly (string | undefined)[]
  readonly #begun = new Set<string>()

  constructor(recorded: readonly StepRecord[]) {
    this.#recorded = new Map(recorded.map((step) => [step.name, step]))
    const names: string[] = []
    for (const { name, place } of recorded) names[place] = name
    this.#names = names
  }

  /**
   * The next step of the run: its place, and what it gave if it is done already.
   *
   * @throws JobsError STEPS
   */
  begin(name: string): { readonly place: number; readonly done: StepRecord | undefined } {
    if (this.#begun.has(name)) {
      throw steps(`name must be new in the job, got ${JSON.stringify(name)} twice`)
    }
    const place = this.#begun.size
    const done = this.#recorded.get(name)
    const before = this.#names[place]
    if ((done !== undefined && done.place !== place) || (before !== undefined && before !== name)) {
      const was =
        done === undefined ? `${JSON.stringify(before)} was` : `it was number ${done.place + 1},`
      throw steps(
        `steps must come in the order that was recorded, got ${JSON.stringify(name)} as number ${place + 1} where ${was} before; give a workflow that has changed another name`,
      )
    }
    this.#begun.add(name)
    return { place, done }
  }
}

function steps(message: string): JobsError {
  return new JobsError('STEPS', `JobRun.step: ${message}`)
}
