import { CorralError } from 'corral'

/**
 * What went wrong, in one word; part of the API.
 *
 *   CONNECT              no connection: unknown host, refused, TLS not there, timed out
 *   AUTHENTICATION       wrong user, password or database
 *   CONNECTION_LOST      the connection broke under the statement, or the server ended it
 *   COMMIT_UNKNOWN       the connection broke in COMMIT: the transaction may have happened or not; never retried
 *   AFTER_COMMIT         the transaction is committed; a callback of `afterCommit` failed: `cause` says how
 *   STATEMENT            the server refused the statement: `sqlState` says why
 *   UNIQUE, FOREIGN_KEY, NOT_NULL, CHECK    a constraint: `constraint`, `table` and `detail` say which
 *   SERIALIZATION, DEADLOCK    the transaction may succeed when it is run again: see `attempts`
 *   STATEMENT_CANCELLED  somebody else stopped it: statement_timeout, pg_cancel_backend
 *   TRANSACTION_ABORTED  a statement failed before it in the same transaction
 *   UNFINISHED_TRANSACTION    raw SQL began a transaction and did not end it; it was rolled back
 *   NO_ROWS, TOO_MANY_ROWS    `one`, `maybeOne` and `value` promise a single row
 *   DUPLICATE_COLUMN     two columns of the result have one name: a row could keep only one of them
 *   MIGRATION            what was migrated is not what this program knows, it was changed, or is newer; or one threw
 *   READ_ONLY            the transaction, or the file, may not be written
 *   LOCKED               another program has the file locked for longer than `lockTimeout`
 *   DISK_FULL            the file cannot grow
 *   DAMAGED, NOT_A_DATABASE    the file is damaged, or something else
 *   NO_SERVER            `openTestPostgres` found nothing that it could start
 */
export type DatabaseErrorCode =
  | 'CONNECT'
  | 'AUTHENTICATION'
  | 'CONNECTION_LOST'
  | 'COMMIT_UNKNOWN'
  | 'AFTER_COMMIT'
  | 'STATEMENT'
  | 'UNIQUE'
  | 'FOREIGN_KEY'
  | 'NOT_NULL'
  | 'CHECK'
  | 'SERIALIZATION'
  | 'DEADLOCK'
  | 'STATEMENT_CANCELLED'
  | 'TRANSACTION_ABORTED'
  | 'UNFINISHED_TRANSACTION'
  | 'NO_ROWS'
  | 'TOO_MANY_ROWS'
  | 'DUPLICATE_COLUMN'
  | 'MIGRATION'
  | 'READ_ONLY'
  | 'LOCKED'
  | 'DISK_FULL'
  | 'DAMAGED'
  | 'NOT_A_DATABASE'
  | 'NO_SERVER'

/** What the server said about an error, as far as it did. */
export interface ServerReport {
  /** The five characters of SQLSTATE. */
  readonly sqlState?: string | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
  /** Where in the statement, counted in characters from 1. */
  readonly position?: string | undefined
}

/** A database that could not do what it was asked to. Cancellation is no error of the database: it throws `Cancelled`. */
export class DatabaseError extends CorralError {
  declare readonly code: DatabaseErrorCode
  declare readonly sqlState: string | undefined
  declare readonly detail: string | undefined
  declare readonly hint: string | undefined
  declare readonly schema: string | undefined
  declare readonly table: string | undefined
  declare readonly column: string | undefined
  declare readonly constraint: string | undefined
  declare readonly position: string | undefined

  constructor(code: DatabaseErrorCode, message: string, options: ErrorOptions & ServerReport = {}) {
    super(code, message, options)
    const { cause: _, ...report } = options
    // Only what was reported: what is missing would be printed too, a line for each.
    for (const [part, said] of Object.entries(report)) {
      if (said !== undefined) Object.assign(this, { [part]: said })
    }
  }

  static {
    this.prototype.name = 'DatabaseError'
  }
}
