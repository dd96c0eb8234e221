import type { Fault } from '../net/fault.ts'
import type { Schedule } from '../run/schedule.ts'
import { DelaySchedule } from './delay-schedule.ts'
import type { Lateness } from './delay.ts'
import type { Plan } from './plan.ts'
import { WakeKeys } from './wake-keys.ts'

/** Runs a schedule; whether it fails as the one to be shrunk did. The faults are complete only at its end. */
export type Fails = (schedule: Schedule, faults: readonly Fault[]) => Promise<boolean>

/** So many runs are spent on shrinking, at the most. */
const PATIENCE = 2000

/** At this moment, past the next timer, as late as can be. */
const simple = [0, 1, 1_000_000]

type Late = readonly [key: string, lateness: Lateness]
type Mishap = readonly [key: string, kind: Fault['kind']]

/** A plan by whose wake-up each part is meant for, not by number: numbers change when one part is taken away. */
interface Keyed {
  readonly late: readonly Late[]
  readonly mishaps: readonly Mishap[]
}

/** Fewer and shorter delays, and fewer faults, that fail in the same way. */
export async function shrink(plan: Plan, fails: Fails): Promise<Plan> {
  let runs = 0
  let found = plan

  const delayAt = new Map(plan.delays.map((delay) => [delay.seq, delay]))
  const faultAt = new Map(plan.faults.map((fault) => [fault.seq, fault.kind]))
  const first = recorder(
    (seq) => delayAt.get(seq),
    (seq) => faultAt.get(seq),
  )
  if (!(await fails(first.schedule, first.faults))) return plan
  let keyed = first.used()
  const keys = first.keys()

  if (plan.delays.length + plan.faults.length > 1) await tryFew()
  await removeFaults()
  if (keyed.late.length > 2) await removeParts()
  if (keyed.late.length > 2) await tryPairs()
  await simplify()
  return found

  /** Adopts the candidate if it fails too. */
  async function adopt(candidate: Keyed): Promise<boolean> {
    if (runs++ >= PATIENCE) return false
    const lateBy = new Map(candidate.late)
    const mishaps = new Map(candidate.mishaps)
    const record = recorder(
      (_seq, key) => lateBy.get(key),
      (_seq, key) => mishaps.get(key),
    )
    if (!(await fails(record.schedule, record.faults))) return false
    keyed = record.used()
    found = record.plan()
    return true
  }

  /** The faults without any delay; one delay alone; one wake-up as late as can be, or past the next timer. */
  async function tryFew(): Promise<void> {
    const { mishaps, late } = keyed
    if (mishaps.length > 0 && late.length > 0 && (await adopt({ late: [], mishaps }))) return
    for (const entry of late) {
      if (await adopt({ late: [entry], mishaps })) return
    }
    for (const amount of [...simple, 2, 4, 8]) {
      for (const key of keys) {
        if (await adopt({ late: [[key, { kind: 't', amount }]], mishaps })) return
      }
    }
  }

  async function removeFaults(): Promise<void> {
    for (let i = keyed.mishaps.length - 1; i >= 0; i--) {
      await adopt({ late: keyed.late, mishaps: keyed.mishaps.toSpliced(i, 1) })
    }
  }

  /** Takes away halves, quarters, ... and single delays. */
  async function removeParts(): Promise<void> {
    for (let size = Math.ceil(keyed.late.length / 2); size >= 1; size = size > 1 ? size >> 1 : 0) {
      for (let at = keyed.late.length - size; at > -size && keyed.late.length > 0; at -= size) {
        const from = Math.max(0, at)
        await adopt({ ...keyed, late: keyed.late.toSpliced(from, Math.min(size, size + at)) })
      }
    }
  }

  /** Two delays in place of more: of those there are, then one of them with any other, then any two. */
  async function tryPairs(): Promise<void> {
    const { late, mishaps } = keyed
    const asLateAsCanBe = late.flatMap(([key]): Late[] =>
      simple.map((amount) => [key, { kind: 't', amount }]),
    )
    const known = [...late, ...asLateAsCanBe]
    const others = keys.flatMap((key): Late[] =>
      simple.map((amount) => [key, { kind: 't', amount }]),
    )
    for (const [ones, twos] of [
      [known, known],
      [known, others],
      [others, others],
    ] as const) {
      for (const one of ones) {
        for (const two of twos) {
          if (runs >= PATIENCE) return
          if (one[0] === two[0]) continue
          if (await adopt({ late: [one, two], mishaps })) return
        }
      }
    }
  }

  /** Makes each delay as simple as it can be. */
  async function simplify(): Promise<void> {
    for (let i = 0; i < keyed.late.length; i++) {
      const [key, lateness] = keyed.late[i] as Late
      for (const simpler of simplerThan(lateness)) {
        if (await adopt({ ...keyed, late: keyed.late.with(i, [key, simpler]) })) break
      }
    }
  }
}

/** The latenesses to try in place of one, simplest first. */
function* simplerThan({ kind, amount }: Lateness): Generator<Lateness> {
  for (let less = 1; less <= 12; less++) {
    if (kind === 'd' && less >= amount) return
    yield { kind: 'd', amount: less }
  }
  if (kind === 't' && amount === 0) return
  yield { kind: 't', amount: 0 }
  const most = kind === 't' ? amount - 1 : 4
  for (let jumps = 1; jumps <= most; jumps += jumps < 8 ? 1 : Math.ceil(jumps / 8)) {
    yield { kind: 't', amount: jumps }
  }
}

/** A schedule that notes under which key and number each part of its plan was used. */
function recorder(
  delayOf: (seq: number, key: string) => Lateness | undefined,
  faultOf: (seq: number, key: string) => Fault['kind'] | undefined,
): {
  readonly schedule: Schedule
  readonly faults: readonly Fault[]
  readonly used: () => Keyed
  readonly plan: () => Plan
  /** Of all wake-ups. */
  readonly keys: () => readonly string[]
} {
  const names = new WakeKeys()
  const keys: string[] = []
  const late: Late[] = []
  const mishaps: Mishap[] = []
  const faults: Fault[] = []
  const delays: { seq: number; kind: Lateness['kind']; amount: number }[] = []
  const schedule = new DelaySchedule((held) => {
    const { seq } = held
    const key = names.next(held)
    keys.push(key)
    const mishap = faultOf(seq, key)
    if (mishap !== undefined) {
      faults.push({ seq, kind: mishap })
      mishaps.push([key, mishap])
    }
    const lateness = delayOf(seq, key)
    if (lateness !== undefined) {
      const { kind, amount } = lateness
      delays.push({ seq, kind, amount })
      late.push([key, { kind, amount }])
    }
    return lateness
  })
  return {
    schedule,
    faults,
    used: () => ({ late: [...late], mishaps: [...mishaps] }),
    plan: () => ({ delays: [...delays], faults: [...faults] }),
    keys: () => keys,
  }
}
