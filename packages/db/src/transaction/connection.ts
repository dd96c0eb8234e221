import type { TransactionOptions } from '../database.ts'
import type { CopyRows, Result } from '../executor.ts'
import type { Sql } from '../sql/statement.ts'

/** What a cancellation does to a statement: stops it, or waits for its outcome, as far as the grace goes. */
export type OnCancel = 'stop' | 'finish'

/** Runs an act on a connection when it is its turn. The text is what is told about it. */
export type InTurn = (statement: { readonly text: string }, act: Act) => Promise<Result>
export type Act = () => Promise<Result>

/** A connection that is lent, until it is given back: rolled back, and idle or dead. Give it back under a shield. */
export interface Borrowed {
  readonly connection: Connection
  giveBack(): Promise<void>
}

/** One connection of an engine, for one statement at a time. */
export interface Connection {
  /** Idle, in a transaction, in a failed one. */
  readonly status: 'I' | 'T' | 'E'
  readonly alive: boolean
  /** How long a statement may take to stop, in milliseconds, before the connection is destroyed. */
  readonly grace: number
  /**
   * Cancellation: returns when the statement has stopped, or the connection was destroyed. With `finish` the
   * statement goes on: its outcome is thrown or returned all the same.
   */
  execute(api: string, statement: Sql, onCancel?: OnCancel): Promise<Result>
  /** Several statements, separated by semicolons. */
  script(api: string, text: string): Promise<Result>
  /** How a transaction begins. */
  begin(options: TransactionOptions): Sql
  /** The rows of a query, a batch at a time; other statements may come between two. */
  fetch(api: string, query: Sql, batch: number, inTurn: InTurn): AsyncGenerator<Result, void>
  /** What an engine has that knows COPY. */
  copyFrom?(api: string, query: Sql, rows: CopyRows): Promise<Result>
  copyTo?(api: string, query: Sql): AsyncGenerator<Uint8Array, void>
  /** Ends a transaction that nobody ends any more. False: it could not, and the connection is not fit for use. */
  rollback(): Promise<boolean>
  /** Ends it at once. Run under a shield. */
  destroy(): Promise<void>
}
