import type { Trace } from '../run/trace.ts'
import { PrefixSchedule } from './prefix-schedule.ts'
import type { Known, Probe } from './strategy.ts'

/**
 * Every order there is, depth first: the last choice that has an alternative left takes it, and what
 * follows begins anew. Time moves on only when nobody can go on.
 */
export function* everyOrder({ beginnings }: Known): Generator<Probe, void, Trace> {
  for (const beginning of beginnings) yield* everyOrderAfter(beginning)
}

function* everyOrderAfter(beginning: readonly number[]): Generator<Probe, void, Trace> {
  let prefix = beginning
  for (;;) {
    const chosen = prefix
    let schedule = new PrefixSchedule(chosen)
    yield { schedule: () => (schedule = new PrefixSchedule(chosen)) }
    const { taken, widths } = schedule
    let last = taken.length - 1
    while (last >= 0 && (taken[last] as number) + 1 >= (widths[last] as number)) last -= 1
    if (last < beginning.length) return
    prefix = [...taken.slice(0, last), (taken[last] as number) + 1]
  }
}

/**
 * Beginnings that all orders are divided into, at least `parts` of them unless there are fewer orders.
 * Each order has exactly one. It costs a run for each choice that is divided.
 */
export async function divideOrders(
  run: (schedule: PrefixSchedule) => Promise<unknown>,
  parts: number,
): Promise<(readonly number[])[]> {
  const whole: (readonly number[])[] = []
  const open: (readonly number[])[] = [[]]
  while (open.length > 0 && whole.length + open.length < parts) {
    const beginning = open.shift() as readonly number[]
    const schedule = new PrefixSchedule(beginning)
    await run(schedule)
    const { taken, widths } = schedule
    const at = widths.findIndex((width, i) => i >= beginning.length && width > 1)
    if (at < 0) whole.push(beginning)
    for (let choice = 0; choice < (widths[at] ?? 0); choice++) {
      open.push([...taken.slice(0, at), choice])
    }
  }
  return [...whole, ...open]
}
