import type { TransactionOptions } from '../database.ts'
import type { CopyRows, Result } from '../executor.ts'
import type { Sql } from '../sql/statement.ts'

/** What a cancellation does to a statement: stops it, or waits for its outcome for up to the grace. */
export type OnCancel = 'stop' | 'finish'

/** Runs an operation on a connection when its turn comes. The text is for reports. */
export type InTurn = (statement: { readonly text: string }, act: Act) => Promise<Result>
export type Act = () => Promise<Result>

/** A borrowed connection; return it rolled back, and idle or dead, under a shield. */
export interface Borrowed {
  readonly connection: Connection
  giveBack(): Promise<void>
}

/** An engine's connection, for one statement at a time. */
export interface Connection {
  /** Idle, in a transaction, in a failed one. */
  readonly status: 'I' | 'T' | 'E'
  readonly alive: boolean
  /** How long a statement may take to stop, in milliseconds, before the connection is destroyed. */
  readonly grace: number
  /**
   * Cancellation: returns when the statement has stopped, or the connection was destroyed. With `finish` the statement
   * continues, and its outcome is thrown or returned regardless.
   */
  execute(api: string, statement: Sql, onCancel?: OnCancel): Promise<Result>
  /** Several statements, separated by semicolons. */
  script(api: string, text: string): Promise<Result>
  /** For a statement that changes the connection beyond the end of its transaction: what to do instead. */
  leftover(statement: Sql): string | undefined
  /** How a transaction begins. */
  begin(options: TransactionOptions): Sql
  /** The rows of a query, a batch at a time; other statements may run in between. */
  fetch(api: string, query: Sql, batch: number, inTurn: InTurn): AsyncGenerator<Result, void>
  /** Only for engines with COPY. */
  copyFrom?(api: string, query: Sql, rows: CopyRows): Promise<Result>
  copyTo?(api: string, query: Sql): AsyncGenerator<Uint8Array, void>
  /** Ends an abandoned transaction. False if that failed and the connection is unusable. */
  rollback(): Promise<boolean>
  /** Ends it at once. Run under a shield. */
  destroy(): Promise<void>
}
