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

/** Each failpoint failing, in each of its ways, each time it is passed; then in other orders. */
export const failEverywhere: Strategy = function* fail(known) {
  for (const held of known.wakes) {
    for (const fault of failing(held)) yield { plan: { delays: [], faults: [fault] } }
  }
  yield* failInOtherOrders(known)
}

/** What may go wrong at a place; nothing at most of them. */
function failing({ seq, waiter }: PendingWake): Fault[] {
  const { resource } = waiter
  return resource instanceof Failpoint ? resource.faults.map((kind) => ({ seq, kind })) : []
}

function isFailpoint(held: PendingWake): boolean {
  return failing(held).length > 0
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
    for (const fault of after.slice(0, NEAREST).flatMap(failing)) {
      yield { plan: { delays: [delay], faults: [fault] } }
    }
    const found = trace.find(held.seq)
    return found === undefined ? { wakes: 0 } : trace.overtakers(found)
  }

  function* byChance(held: PendingWake): Generator<Probe, void, Trace> {
    const delay = anyDelay(held, random)
    const trace = yield late(delay)
    const fault = pick(trace.wakes.flatMap(failing), random)
    if (fault === undefined) return
    const failed = yield { plan: { delays: [delay], faults: [fault] } }
    const later = failed.wakes.flatMap(failing).filter(({ seq }) => seq > fault.seq)
    const again = pick(later, random)
    if (again === undefined) return
    yield { plan: { delays: [delay], faults: [fault, again] } }
  }
}
