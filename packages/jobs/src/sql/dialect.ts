import type { Executor, Sql } from '@corral/db'

export type Column = 'text' | 'bigint'

/** Something that is given for each of many jobs, as a statement reads it. */
export interface Given {
  /** After `update corral_job set ...`. */
  readonly from: Sql
  /** Finds the jobs. */
  readonly match: Sql
  /** What is given for the job at hand. */
  field(name: string, type: Column): Sql
}

/** Where the engines differ; all else is one SQL. */
export interface Dialect {
  readonly name: 'postgres' | 'sqlite'
  /** The time as the store has it, in milliseconds since the epoch. */
  now(): Sql
  /** `id <in> `: one of many ids. */
  isOneOf(ids: readonly string[]): Sql
  /** A table named `r` of what is given as JSON. */
  rows(columns: Readonly<Record<string, Column>>, rows: readonly object[]): Sql
  /** What is given for jobs, by their `id`; its access to the table stays by key, whatever the planner believes. */
  given(rows: readonly { readonly id: string }[]): Given
  /**
   * The column `state`, where jobs are found by their ids: a planner whose statistics are of a time when nothing was ready
   * or running would take the index of such jobs for empty, and walk over all of it.
   */
  readonly state: Sql
  /** Locks what a select picks, and leaves out what others have locked. */
  readonly skipLocked: Sql
  /** Locks what a select picks. */
  readonly lock: Sql
  /** A condition, always true, of a statement that a crash of the server may take with it: it would be found out. */
  readonly hurried: Sql
  /** Nobody else decides about limits until the transaction ends. */
  lockLimits(tx: Executor): Promise<void>
  /** Jobs: for each `r` of `rows` those whose ids `first` selects, which may have a limit of its own. */
  forEach(rows: Sql, first: Sql): Sql
}
