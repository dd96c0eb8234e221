/** A SQLite value, on its way between threads or processes. */
export type SqliteValue = null | number | bigint | string | Uint8Array

/** A bit that we set: the statement is no longer wanted. */
export const unwanted = 1
/** A bit that the thread sets: the statement has begun. Whichever of the two is set first wins. */
export const begun = 2

/** Maximum number of statements in a batch. */
export const maxBatch = 1024

/**
 * Where the bits of a statement are. Two batches in a row have different ones: what is left of the first, cancelled, may
 * still be skipped when the second comes.
 *
 * @param id of the request
 * @param place in its batch
 */
export function cellOf(id: number, place: number): number {
  return (id % 2) * maxBatch + place
}

/** What a worker opens. */
export interface WorkerSettings {
  readonly path: string
  readonly readOnly: boolean
  /** Milliseconds to wait for another process that has the file locked. */
  readonly lockTimeout: number
  /** Bytes the file may grow to. */
  readonly maxSize: number
  readonly synchronous: 'full' | 'normal'
  /** Shared with a thread: `unwanted` and `begun` of each statement: see `cellOf`. */
  readonly cells?: Int32Array<SharedArrayBuffer> | undefined
}

/** A statement: the index of its text in a table of texts, then its values. */
export type PackedStatement = readonly [text: number, ...values: SqliteValue[]]

/**
 * What a worker is asked to do, one thing after the other.
 *
 *   each    statements that have nothing to do with each other; their outcomes come as they are there
 *   group   the same, in one transaction; each fails or succeeds alone, and is durable when its outcome comes
 *   alone   one, in the transaction that is open, or outside of any
 */
export type Request =
  | { readonly op: 'open'; readonly id: number; readonly settings: WorkerSettings }
  | {
      readonly op: 'each' | 'group' | 'alone'
      readonly id: number
      readonly texts: readonly string[]
      readonly statements: readonly PackedStatement[]
    }
  | { readonly op: 'script'; readonly id: number; readonly text: string }
  | {
      readonly op: 'cursor'
      readonly id: number
      readonly cursor: number
      readonly text: string
      readonly values: readonly SqliteValue[]
    }
  | { readonly op: 'fetch'; readonly id: number; readonly cursor: number; readonly batch: number }
  | {
      readonly op: 'close-cursor' | 'reset' | 'close'
      readonly id: number
      readonly cursor?: number
    }
  /** The statements of request `id` from `from` on are no longer wanted. It has no reply. */
  | { readonly op: 'withdraw'; readonly id: number; readonly from: number }

export interface SqliteAnswer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly SqliteValue[])[]
  readonly count: number
  readonly insertId?: number | bigint
}

/** An error as plain data: classes do not survive the transfer. */
export interface SqliteFailure {
  /** The extended result code of SQLite; 0 when it was not SQLite that failed. */
  readonly errcode: number
  readonly message: string
}

export type Outcome = SqliteAnswer | SqliteFailure

/** Outcomes of request `id`, from its statement `from` on. */
export interface Reply {
  readonly id: number
  readonly from: number
  readonly outcomes: readonly Outcome[]
  /** A transaction is open. */
  readonly open: boolean
}
