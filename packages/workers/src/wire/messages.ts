import type { WireError } from './encode-error.ts'

// What the two sides say to each other. A thread does one job at a time.

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

export interface JobMessage {
  readonly kind: 'job'
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
  /** In the order of `ThreadData.context`. */
  readonly context: readonly unknown[]
  /** How many milliseconds are left; clocks may differ. */
  readonly left: number
  /** How many items may be under way; 0 when nobody wants them. */
  readonly window: number
}

export type ToThread =
  | JobMessage
  | { readonly kind: 'cancel'; readonly id: number; readonly reason: string | undefined }
  | { readonly kind: 'more'; readonly id: number; readonly count: number }
  | { readonly kind: 'end' }

/** How a job ended. */
export type Ended =
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'cancelled'; readonly id: number; readonly reason: string | undefined }

export type FromThread =
  | {
      readonly kind: 'ready'
      readonly functions: readonly string[]
      readonly context: readonly string[]
    }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'item'; readonly id: number; readonly value: unknown }
  | Ended
