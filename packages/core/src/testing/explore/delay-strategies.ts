import type { PendingWake } from '../run/pending-wake.ts'
import type { Trace } from '../run/trace.ts'
import type { Delay } from './delay.ts'
import type { Plan } from './plan.ts'
import type { Known, Probe } from './strategy.ts'

/** So many timers one wake-up is late for, at the most. */
const LATEST = 16

function late(...delays: Delay[]): { readonly plan: Plan } {
  return { plan: { delays: delays.sort((a, b) => a.seq - b.seq), faults: [] } }
}

function overtakersOf(seq: number, trace: Trace): number {
  const held = trace.find(seq)
  return held === undefined ? 0 : trace.overtakers(held).wakes
}

/**
 * Every single wake-up late by every amount that makes a difference: first as late as the others let
 * it be, which finds most, then by one other, two others, ...
 */
export function* singleDelays({ wakes }: Known): Generator<Probe, void, Trace> {
  const amounts = new Map<PendingWake, number>()
  for (const held of wakes) {
    if (held.rivals === 0) continue
    const trace = yield late({ seq: held.seq, kind: 't', amount: 0 })
    amounts.set(held, overtakersOf(held.seq, trace))
  }
  for (let amount = 1; amounts.size > 0; amount++) {
    for (const [held, most] of amounts) {
      if (amount < most) yield late({ seq: held.seq, kind: 'd', amount })
      else amounts.delete(held)
    }
  }
}

/** Every single wake-up so late that time moves on to the next timer meanwhile, or the one after it, ... */
export function* timeDelays({ wakes }: Known): Generator<Probe, void, Trace> {
  let slow = wakes.filter((held) => held.timers)
  for (let amount = 1; slow.length > 0 && amount <= LATEST; amount++) {
    const slower: PendingWake[] = []
    for (const held of slow) {
      const trace = yield late({ seq: held.seq, kind: 't', amount })
      const found = trace.find(held.seq)
      if (found !== undefined && found.timers && trace.overtakers(found).jumps >= amount) {
        slower.push(held)
      }
    }
    slow = slower
  }
}

/**
 * Every two wake-ups late together, each as late as the others let it be, or past the next timer: those
 * that are close to each other first.
 */
export function* twoDelays({ wakes }: Known): Generator<Probe, void, Trace> {
  const firsts: { delay: Delay; held: PendingWake; after: PendingWake[] }[] = []
  for (const held of wakes) {
    for (const amount of [0, 1]) {
      if (amount === 0 ? held.rivals === 0 : !held.timers) continue
      const delay: Delay = { seq: held.seq, kind: 't', amount }
      const trace = yield late(delay)
      firsts.push({ delay, held, after: whatFollows(held, trace) })
    }
  }
  for (let distance = 0; firsts.some(({ after }) => distance < after.length); distance++) {
    for (const { delay, after } of firsts) {
      const second = after[distance]
      if (second === undefined) continue
      if (second.rivals > 0) yield late(delay, { seq: second.seq, kind: 't', amount: 0 })
      if (second.timers) yield late(delay, { seq: second.seq, kind: 't', amount: 1 })
    }
  }
}

/** The wake-ups that were held after this one, in the run in which it was late. */
function whatFollows(held: PendingWake, trace: Trace): PendingWake[] {
  return trace.wakes
    .filter((other) => other.seq > held.seq && (other.rivals > 0 || other.timers))
    .sort((a, b) => a.seq - b.seq)
}
