import { Failpoint } from '../net/failpoint.ts'
import type { Fault } from '../net/fault.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import type { Trace } from '../run/trace.ts'
import type { Known, Probe, Strategy } from './strategy.ts'

function faults(kinds: Fault['kind'][], where: (held: PendingWake) => boolean): Strategy {
  return function* inject({ wakes }: Known): Generator<Probe, void, Trace> {
    for (const kind of kinds) {
      for (const held of wakes) {
        if (where(held)) yield { plan: { delays: [], faults: [{ seq: held.seq, kind }] } }
      }
    }
  }
}

/** Each task cancelled at each of its wake-ups, and in each of its waits. */
export const cancelEverywhere: Strategy = faults(['w', 'c'], () => true)

/** The innermost deadline running out in each wait below it, and at each wake-up. */
export const expireEverywhere: Strategy = function* expire(known) {
  yield* faults(['v'], () => true)(known)
  yield* faults(['o'], (held) => held.timers)(known)
}

/** Each failpoint failing, each time it is passed. */
export const failEverywhere: Strategy = faults(
  ['f'],
  (held) => held.waiter.resource instanceof Failpoint,
)
