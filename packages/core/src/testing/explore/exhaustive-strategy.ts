import { Schedule } from '../run/schedule.ts'
import type { Trace } from '../run/trace.ts'
import type { Known, Probe } from './strategy.ts'

/** Takes given choices first and the oldest after that, and notes how many choices there were. */
export class PrefixSchedule extends Schedule {
  readonly #prefix: readonly number[]
  #moves: number
  /** What was taken at each choice: an index into those held back; the one after them lets time move on. */
  readonly taken: number[] = []
  /** Out of how many. */
  readonly widths: number[] = []

  /** @param moves how often time may move on although somebody could go on */
  constructor(prefix: readonly number[], moves: number = Infinity) {
    super()
    this.#prefix = prefix
    this.#moves = moves
  }

  protected choose(timers: boolean): number {
    const held = this.queue.length
    const index = this.#prefix[this.taken.length] ?? 0
    this.taken.push(index)
    this.widths.push(timers && this.#moves > 0 ? held + 1 : held)
    if (index < held) return index
    this.#moves -= 1
    return -1
  }
}

/**
 * Every order there is, depth first: the last choice that has an alternative left takes it, and what
 * follows begins anew. That time moves on is a choice like any other, as far as it may.
 */
export function* everyOrder({ beginnings, moves }: Known): Generator<Probe, void, Trace> {
  for (const beginning of beginnings) yield* everyOrderAfter(beginning, moves)
}

function* everyOrderAfter(
  beginning: readonly number[],
  moves: number | undefined,
): Generator<Probe, void, Trace> {
  let prefix = beginning
  for (;;) {
    const chosen = prefix
    let schedule = new PrefixSchedule(chosen, moves)
    yield { schedule: () => (schedule = new PrefixSchedule(chosen, moves)) }
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
