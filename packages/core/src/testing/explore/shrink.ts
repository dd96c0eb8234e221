import type { Schedule } from '../run/schedule.ts'
import { DelaySchedule } from './delay-schedule.ts'
import type { Delay, Lateness } from './delay.ts'
import { WakeKeys } from './wake-keys.ts'

/** Runs a schedule; whether it fails as the one to be shrunk did. */
export type Fails = (schedule: Schedule) => Promise<boolean>

/** So many runs are spent on shrinking, at the most. */
const PATIENCE = 2000

type Keyed = readonly (readonly [key: string, lateness: Lateness])[]

/**
 * Fewer and shorter delays that fail in the same way. Delays are known by whose wake-up they are meant
 * for, not by number: the numbers change when one is taken away.
 */
export async function shrink(delays: readonly Delay[], fails: Fails): Promise<readonly Delay[]> {
  let runs = 0
  let found = delays
  let keyed: Keyed = []

  const bySeq = new Map(delays.map((delay) => [delay.seq, delay]))
  const first = recorder((seq) => bySeq.get(seq))
  if (!(await fails(first.schedule))) return delays
  keyed = first.used()

  /** Adopts the candidate if it fails too. */
  async function adopt(candidate: Keyed): Promise<boolean> {
    if (runs++ >= PATIENCE) return false
    const byKey = new Map(candidate)
    const record = recorder((_seq, key) => byKey.get(key))
    if (!(await fails(record.schedule))) return false
    keyed = record.used()
    found = record.delays()
    return true
  }

  const others = delays.length > 1 ? few(keyed, first.keys()) : []
  for (const candidate of others) {
    if (await adopt(candidate)) break
  }
  if (keyed.length > 2) await removeParts()
  await simplify()
  return found

  /** Takes away halves, quarters, ... and single delays. */
  async function removeParts(): Promise<void> {
    for (let size = Math.ceil(keyed.length / 2); size >= 1; size = size > 1 ? size >> 1 : 0) {
      for (let at = keyed.length - size; at > -size && keyed.length > 0; at -= size) {
        const from = Math.max(0, at)
        await adopt([...keyed.slice(0, from), ...keyed.slice(from + size)])
      }
    }
  }

  /** Makes each delay as simple as it can be. */
  async function simplify(): Promise<void> {
    for (let i = 0; i < keyed.length; i++) {
      const [key, lateness] = keyed[i] as Keyed[number]
      for (const simpler of simplerThan(lateness)) {
        if (await adopt(keyed.with(i, [key, simpler]))) break
      }
    }
  }
}

/** One delay alone, one wake-up that is as late as can be, or past the next timer; then two of them. */
function* few(keyed: Keyed, keys: readonly string[]): Generator<Keyed> {
  for (const entry of keyed) yield [entry]
  for (const amount of [0, 1]) {
    for (const key of keys) yield [[key, { kind: 't', amount }]]
  }
  if (keyed.length === 2) return
  for (let i = 0; i < keyed.length; i++) {
    for (let j = i + 1; j < keyed.length; j++) {
      const pair = [keyed[i] as Keyed[number], keyed[j] as Keyed[number]]
      yield pair.map(([key]) => [key, { kind: 't', amount: 0 }])
      yield pair
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
  const most = kind === 't' ? Math.min(4, amount - 1) : 4
  for (let jumps = 1; jumps <= most; jumps++) {
    yield { kind: 't', amount: jumps }
  }
}

/** A schedule that notes under which key and number each of its delays was used. */
function recorder(delayOf: (seq: number, key: string) => Lateness | undefined): {
  readonly schedule: Schedule
  readonly used: () => Keyed
  readonly delays: () => Delay[]
  /** Of all wake-ups. */
  readonly keys: () => string[]
} {
  const names = new WakeKeys()
  const keys: string[] = []
  const used: [string, Delay][] = []
  const schedule = new DelaySchedule((held) => {
    const key = names.next(held)
    keys.push(key)
    const lateness = delayOf(held.seq, key)
    if (lateness !== undefined) {
      const { kind, amount } = lateness
      used.push([key, { seq: held.seq, kind, amount }])
    }
    return lateness
  })
  return {
    schedule,
    used: () => [...used],
    delays: () => used.map(([, delay]) => delay),
    keys: () => keys,
  }
}
