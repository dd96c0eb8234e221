import { PctSchedule } from './pct-schedule.ts'
import { RandomSchedule } from './random-schedule.ts'
import type { Known, Probe } from './strategy.ts'
import type { Trace } from './trace.ts'

/** Random priorities with one to three changes, a third of the runs each. */
export function* pct({ base, random, budget }: Known): Generator<Probe, void, Trace> {
  for (let i = 0; i < budget; i++) {
    yield { schedule: new PctSchedule(random, 2 + (i % 3), base.steps.length) }
  }
}

/** Any order, as chance has it. */
export function* randomWalks({ random, budget }: Known): Generator<Probe, void, Trace> {
  for (let i = 0; i < budget; i++) yield { schedule: new RandomSchedule(random) }
}
