import { Failpoint } from '../net/failpoint.ts'
import type { Fault } from '../net/fault.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import type { Trace } from '../run/trace.ts'
import { anyDelay, late, pick } from './delay-strategies.ts'
import type { Lateness } from './delay.ts'
import type { Known, Probe, Strategy } from './strategy.ts'

type Place = readonly [kinds: readonly Fault['kind'][], where: (held: PendingWake) => boolean]

/** Each fault at each of its places, in the usual order. */
function faults(...places: Place[]): Strategy {
  return function* inject({ wakes }: Known): Generator<Probe, void, Trace> {
    for (const [kinds, where] of places) {
      for (const kind of kinds) {
        for (const held of wakes) {
          if (where(held)) yield { plan: { delays: [], faults: [{ seq: held.seq, kind }] } }
        }
      }
    }
  }
}

/** Each task cancelled at each of its wake-ups, and in each of its waits. */
export const cancelEverywhere: Strategy = faults([['w', 'c'], () => true])

/** The innermost deadline running out in each wait below it, and at each wake-up. */
export const expireEverywhere: Strategy = faults(
  [['v'], () => true],
  [['o'], (held) => held.timers],
)

const isFailpoint = (held: PendingWake): boolean => held.waiter.resource instanceof Failpoint

const failOnce = faults([['f'], isFailpoint])

/** Each failpoint failing, each time it is passed; then in other orders. */
export const failEverywhere: Strategy = function* fail(known) {
  yield* failOnce(known)
  yield* failInOtherOrders(known)
}

/** So many places after a delay are tried with it before it is left to chance. */
const NEAREST = 3

/**
 * Failpoints failing in runs in which one wake-up is late: as late as the others let it be, past the next timer, by one
 * other, by two others, ... At last by any amount, and with a second fault.
 */
function* failInOtherOrders({ wakes, base, random }: Known): Generator<Probe, void, Trace> {
  const movable = wakes.filter(({ rivals, timers }) => rivals > 0 || timers)
  if (!base.wakes.some(isFailpoint) || movable.length === 0) return
  const most = new Map<PendingWake, number>()
  for (const held of movable) {
    if (held.rivals > 0) most.set(held, (yield* near(held, { kind: 't', amount: 0 })).wakes)
  }
  for (const held of movable) if (held.timers) yield* near(held, { kind: 't', amount: 1 })
  for (let amount = 1; most.size > 0; amount++) {
    for (const [held, enough] of most) {
      if (amount < enough) yield* near(held, { kind: 'd', amount })
      else most.delete(held)
    }
  }
  for (;;) for (const held of movable) yield* byChance(held)

  function* near(
    held: PendingWake,
    lateness: Lateness,
  ): Generator<Probe, { readonly wakes: number }, Trace> {
    const delay = { seq: held.seq, ...lateness }
    const trace = yield late(delay)
    const after = trace.wakes.filter((place) => isFailpoint(place) && place.passedAt >= held.heldAt)
    for (const place of after.slice(0, NEAREST)) {
      yield { plan: { delays: [delay], faults: [failing(place)] } }
    }
    const found = trace.find(held.seq)
    return found === undefined ? { wakes: 0 } : trace.overtakers(found)
  }

  function* byChance(held: PendingWake): Generator<Probe, void, Trace> {
    const delay = anyDelay(held, random)
    const trace = yield late(delay)
    const place = pick(trace.wakes.filter(isFailpoint), random)
    if (place === undefined) return
    const fault = failing(place)
    const failed = yield { plan: { delays: [delay], faults: [fault] } }
    const later = failed.wakes.filter((other) => isFailpoint(other) && other.seq > place.seq)
    const again = pick(later, random)
    if (again === undefined) return
    yield { plan: { delays: [delay], faults: [fault, failing(again)] } }
  }
}

function failing({ seq }: PendingWake): Fault {
  return { seq, kind: 'f' }
}
