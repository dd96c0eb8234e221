import type { PendingWake } from '../run/pending-wake.ts'
import type { Schedule } from '../run/schedule.ts'
import type { Trace } from '../run/trace.ts'
import type { Plan } from './plan.ts'

/** One run to be made: by a plan, or by a schedule whose plan is known only afterwards; it can be made anew. */
export type Probe = { readonly plan: Plan } | { readonly schedule: () => Schedule }

/** What a strategy knows when it begins. */
export interface Known {
  /** How the program runs first come, first served. */
  readonly base: Trace
  /** The wake-ups of it that are its to play with: all of them, or the share of one of several workers. */
  readonly wakes: readonly PendingWake[]
  /** The beginnings of the orders that are its to try. */
  readonly beginnings: readonly (readonly number[])[]
  /** How often time may move on in one of all orders although somebody could go on. Default: without limit. */
  readonly moves?: number | undefined
  readonly random: () => number
}

/** Proposes runs, one at a time, and is told how each went. It ends when it has tried all there is. */
export type Strategy = (known: Known) => Generator<Probe, void, Trace>

export type StrategyName =
  | 'delay'
  | 'time'
  | 'delays'
  | 'exhaustive'
  | 'pct'
  | 'random'
  | 'cancel'
  | 'timeout'
  | 'fail'
