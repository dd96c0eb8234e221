import type { Transferable } from 'node:worker_threads'
import type { Marks } from '../wire/marks.ts'
import type { FromThread, ToThread } from '../wire/messages.ts'

/** Where the functions of a pool run: a thread, or a process. */
export interface Carrier {
  readonly word: 'thread' | 'process'
  readonly marks: Marks
  /** @throws DataCloneError */
  post(message: ToThread, transfer?: Transferable[]): void
  /** Keeps this program running, or does not. */
  ref(): void
  unref(): void
  /** Ends it by force; `exited` follows. */
  kill(): void
}

/** What a carrier tells. */
export interface CarrierEvents {
  message(message: FromThread): void
  /** A message cannot be read, or nobody caught an error; it exits, or must be made to. */
  failed(error: unknown): void
  /** The last that it tells. */
  exited(how: string, signal?: NodeJS.Signals): void
}
