import type { WireError } from './encode-error.ts'

// What the two sides say to each other. A thread does one job at a time. Messages are arrays, and what
// is at its default is left out: half of what a call costs is to copy its messages.

/** What a thread is started with. */
export interface ThreadData {
  readonly url: string
  /** See `Cell`. */
  readonly cells: Int32Array<SharedArrayBuffer>
  /** The names of the context values that travel. */
  readonly context: readonly string[]
}

/** Shared memory, so that it is seen by a loop that never gets to read a message. Both hold the id of a job. */
export const Cell: { readonly CANCELLED: 0; readonly NOTICED: 1; readonly COUNT: 2 } = {
  /** The job that is to end: written by the caller's side. */
  CANCELLED: 0,
  /** The job that knows: written by the thread. */
  NOTICED: 1,
  COUNT: 2,
}

export const Told: { readonly JOB: 0; readonly CANCEL: 1; readonly MORE: 2; readonly END: 3 } = {
  JOB: 0,
  CANCEL: 1,
  MORE: 2,
  END: 3,
}

export type JobMessage = readonly [
  kind: typeof Told.JOB,
  id: number,
  name: string,
  args: readonly unknown[],
  /** How many items may be under way. Default 0: nobody wants them. */
  window?: number,
  /** How many milliseconds are left; clocks may differ. Default: no end. */
  left?: number,
  /** In the order of `ThreadData.context`. */
  context?: readonly unknown[] | undefined,
]

export type ToThread =
  | JobMessage
  | readonly [kind: typeof Told.CANCEL, id: number, reason: string | undefined]
  | readonly [kind: typeof Told.MORE, id: number, count: number]
  | readonly [kind: typeof Told.END]

export const Said: {
  readonly VALUE: 0
  readonly ERROR: 1
  readonly CANCELLED: 2
  readonly ITEM: 3
  readonly READY: 4
  readonly FAILED: 5
} = { VALUE: 0, ERROR: 1, CANCELLED: 2, ITEM: 3, READY: 4, FAILED: 5 }

/** How a job ended. */
export type Ended =
  | readonly [kind: typeof Said.VALUE, id: number, value: unknown]
  | readonly [kind: typeof Said.ERROR, id: number, error: WireError]
  | readonly [kind: typeof Said.CANCELLED, id: number, reason: string | undefined]

export type FromThread =
  | Ended
  | readonly [kind: typeof Said.ITEM, id: number, value: unknown]
  | readonly [kind: typeof Said.READY, functions: readonly string[], context: readonly string[]]
  | readonly [kind: typeof Said.FAILED, error: WireError]
