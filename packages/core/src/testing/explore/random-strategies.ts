import { seededRandom } from '../run/seeded-random.ts'
import type { Trace } from '../run/trace.ts'
import { PctSchedule } from './pct-schedule.ts'
import { RandomSchedule } from './random-schedule.ts'
import type { Known, Probe } from './strategy.ts'

/** Random priorities with one to three changes, a third of the runs each. */
export function* pct({ base, random }: Known): Generator<Probe, void, Trace> {
  for (let i = 0; ; i++) {
    const seed = Math.floor(random() * 2 ** 32)
    yield {
      schedule: () => new PctSchedule(seededRandom(seed), 2 + (i % 3), base.length),
    }
  }
}

/** Any order, as chance has it. */
export function* randomWalks({ random }: Known): Generator<Probe, void, Trace> {
  for (;;) {
    const seed = Math.floor(random() * 2 ** 32)
    yield { schedule: () => new RandomSchedule(seededRandom(seed)) }
  }
}
