import type { WireError } from './encode-error.ts'

// What the two sides say to each other. A thread does one job at a time. Messages are arrays, and what
// is at its default is left out: half of what a call costs is to copy its messages.

/** What a thread is started with. */
export interface ThreadData {
  readonly url: string
  /** See `SharedMarks`. */
  readonly cells: Int32Array<SharedArrayBuffer>
  /** The names of the context values that travel. */
  readonly context: readonly string[]
}

/** What a process is started with: a line of JSON among its arguments. */
export interface ProcessData {
  readonly url: string
  readonly name: string
  readonly context: readonly string[]
}

export const Told: {
  readonly JOB: 0
  readonly CANCEL: 1
  readonly MORE: 2
  readonly END: 3
  readonly REPLY: 4
} = { JOB: 0, CANCEL: 1, MORE: 2, END: 3, REPLY: 4 }

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
  | ReplyMessage

/** How a call back into the pool's side ended. */
export type ReplyMessage = readonly [
  kind: typeof Told.REPLY,
  id: number,
  call: number,
  failed: WireError | undefined,
  value?: unknown,
]

export const Said: {
  readonly VALUE: 0
  readonly ERROR: 1
  readonly CANCELLED: 2
  readonly ITEM: 3
  readonly READY: 4
  readonly FAILED: 5
  readonly CALL: 6
  readonly UNCALL: 7
  readonly CRASHED: 8
} = {
  VALUE: 0,
  ERROR: 1,
  CANCELLED: 2,
  ITEM: 3,
  READY: 4,
  FAILED: 5,
  CALL: 6,
  UNCALL: 7,
  CRASHED: 8,
}

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
  | CallMessage
  | readonly [kind: typeof Said.UNCALL, id: number, call: number]

/** A call back into the pool's side. */
export type CallMessage = readonly [
  kind: typeof Said.CALL,
  id: number,
  call: number,
  name: string,
  args: readonly unknown[],
]

/** A process also tells of the error that nobody caught in it; of a thread Node tells that. */
export type FromProcess = FromThread | readonly [kind: typeof Said.CRASHED, error: WireError]
