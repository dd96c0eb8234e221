import type { PendingWake } from '../run/pending-wake.ts'
import type { Trace } from '../run/trace.ts'
import type { Delay } from './delay.ts'
import type { Plan } from './plan.ts'
import type { Known, Probe } from './strategy.ts'

export function late(...delays: Delay[]): { readonly plan: Plan } {
  return { plan: { delays: delays.toSorted((a, b) => a.seq - b.seq), faults: [] } }
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
    amounts.set(held, overtakersOf(held.seq, trace).wakes)
  }
  for (let amount = 1; amounts.size > 0; amount++) {
    for (const [held, most] of amounts) {
      if (amount < most) yield late({ seq: held.seq, kind: 'd', amount })
      else amounts.delete(held)
    }
  }
}

/**
 * Every single wake-up so late that time moves on meanwhile: to the next timer, then as far as the usual
 * run is long, then to the 2nd, 4th, 8th ... timer, and at last to all those in between.
 */
export function* timeDelays({ wakes, base }: Known): Generator<Probe, void, Trace> {
  const usual = base.steps.length - base.wakes.length
  let slow = wakes.filter((held) => held.timers)
  const most = new Map<PendingWake, number>()
  const tried = new Set<number>()
  yield* all(1)
  yield* all(4 * usual + 16)
  for (let amount = 2; slow.length > 0; amount *= 2) yield* all(amount)
  slow = [...most.keys()]
  for (let amount = 3; slow.length > 0; amount++) {
    if (!tried.has(amount)) yield* all(amount)
    else slow = slow.filter((held) => (most.get(held) as number) > amount)
  }

  function* all(amount: number): Generator<Probe, void, Trace> {
    tried.add(amount)
    const slower: PendingWake[] = []
    for (const held of slow) {
      if (amount >= (most.get(held) ?? Infinity)) continue
      const trace = yield late({ seq: held.seq, kind: 't', amount })
      const { jumps } = overtakersOf(held.seq, trace)
      if (jumps < amount) most.set(held, jumps)
      slower.push(held)
    }
    slow = slower
  }
}

/**
 * Every two wake-ups late together, each as late as the others let it be, or past the next timer: those
 * that are close to each other first, and in between two or three at any distance, late by any amount.
 */
export function* severalDelays(known: Known): Generator<Probe, void, Trace> {
  const { wakes, random } = known
  const firsts: { delay: Delay; held: PendingWake; after: PendingWake[] }[] = []
  for (const held of wakes) {
    for (const amount of [0, 1]) {
      if (amount === 0 ? held.rivals === 0 : !held.timers) continue
      const delay: Delay = { seq: held.seq, kind: 't', amount }
      const trace = yield late(delay)
      firsts.push({ delay, held, after: whatFollows(held, trace) })
    }
  }
  if (firsts.length === 0) return
  for (let distance = 0; ; distance++) {
    for (const { delay, after } of firsts) {
      const second = after[distance]
      if (second === undefined) continue
      if (second.rivals > 0) yield late(delay, { seq: second.seq, kind: 't', amount: 0 })
      if (second.timers) yield late(delay, { seq: second.seq, kind: 't', amount: 1 })
      yield* anySeveral(known, random() < 0.5 ? 2 : 3)
    }
    if (firsts.some(({ after }) => distance < after.length)) continue
    yield* anySeveral(known, 2)
    yield* anySeveral(known, 3)
  }
}

/** So many wake-ups late: the next one is chosen from the run in which those before it were late. */
function* anySeveral({ base, random }: Known, count: number): Generator<Probe, void, Trace> {
  const delays: Delay[] = []
  let { wakes } = base
  for (let i = 0; i < count; i++) {
    const before = delays.at(-1)?.seq ?? 0
    const held = pick(
      wakes.filter((wake) => wake.seq > before && (wake.rivals > 0 || wake.timers)),
      random,
    )
    if (held === undefined) return
    delays.push(anyDelay(held, random))
    const trace = yield late(...delays)
    ;({ wakes } = trace)
  }
}

/** Late by any amount: small ones and great ones are as likely. */
export function anyDelay({ seq, rivals, timers }: PendingWake, random: () => number): Delay {
  const byTime = timers && (rivals === 0 || random() < 0.6)
  const amount = Math.floor(2 ** (random() * (byTime ? 6 : 4)))
  return { seq, kind: byTime ? 't' : 'd', amount: byTime && random() < 0.2 ? amount - 1 : amount }
}

export function pick<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)]
}

function overtakersOf(
  seq: number,
  trace: Trace,
): { readonly wakes: number; readonly jumps: number } {
  const held = trace.find(seq)
  return held === undefined ? { wakes: 0, jumps: 0 } : trace.overtakers(held)
}

/** The wake-ups that were held after this one, in the run in which it was late. */
function whatFollows(held: PendingWake, trace: Trace): PendingWake[] {
  return trace.wakes
    .filter((other) => other.seq > held.seq && (other.rivals > 0 || other.timers))
    .sort((a, b) => a.seq - b.seq)
}
