import { PrefixSchedule } from './prefix-schedule.ts'
import type { Probe } from './strategy.ts'
import type { Trace } from './trace.ts'

/**
 * Every order there is, depth first: the last choice that has an alternative left takes it, and what
 * follows begins anew. Time moves on only when nobody can go on.
 */
export function* everyOrder(): Generator<Probe, void, Trace> {
  let prefix: number[] = []
  for (;;) {
    const chosen = prefix
    let schedule = new PrefixSchedule(chosen)
    yield { schedule: () => (schedule = new PrefixSchedule(chosen)) }
    const { taken, widths } = schedule
    let last = taken.length - 1
    while (last >= 0 && (taken[last] as number) + 1 >= (widths[last] as number)) last -= 1
    if (last < 0) return
    prefix = [...taken.slice(0, last), (taken[last] as number) + 1]
  }
}
