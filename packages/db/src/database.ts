import type { Executor } from './executor.ts'
import type { Migrations } from './migrate/migration.ts'

export interface TransactionOptions {
  /** Default: the server's setting, usually `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** The server refuses writes. Default false. */
  readonly readOnly?: boolean
  /**
   * Maximum number of runs when it fails because of a deadlock or a serialisation failure. Then `fn` runs again from
   * the start, after a delay: it must have no effects outside the transaction. Default 1.
   */
  readonly attempts?: number
}

/** A transaction in progress. It runs one statement at a time; others queue. */
export interface Transaction extends Executor {
  /**
   * A savepoint: a part that can fail on its own. Until it ends, statements on the outer transaction wait; inside `fn`
   * they are refused.
   *
   * @throws what `fn` throws, after its effects were undone
   */
  transaction<T>(fn: (tx: Transaction) => PromiseLike<T> | T): Promise<T>
  /**
   * Runs `fn` after the whole transaction is committed, and not at all if it, or this savepoint, is rolled back. Every
   * callback runs, in the order in which they were given, whatever the others do; what they wait for is cancelled with
   * the task.
   *
   * @throws MisuseError when the transaction is over
   */
  afterCommit(fn: () => PromiseLike<void> | void): void
}

/** One connection, for as long as the session lasts: for advisory locks, temporary tables, `set`. */
export interface Session extends Executor {
  transaction<T>(
    fn: (tx: Transaction) => PromiseLike<T> | T,
    options?: TransactionOptions,
  ): Promise<T>
}

export interface DatabaseStats {
  /** Number of connections: idle, busy, being opened or closed. Never more than `max`. */
  readonly size: number
  readonly idle: number
  readonly busy: number
  /** How many calls wait for a connection. */
  readonly waiting: number
  readonly queries: number
  /** Statements that failed, not counting cancelled ones. */
  readonly errors: number
  /** Statements that were stopped because their caller was cancelled. */
  readonly cancels: number
  /** Connections that were destroyed: they had failed, or did not stop within `grace`. */
  readonly destroyed: number
}

/** A notification, or `missed`: some may have been lost before this point. */
export interface Notification {
  readonly channel: string
  readonly payload: string
  /** Listening has begun, perhaps again: earlier notifications are not delivered, so read the current state. */
  readonly missed: boolean
}

/** A database and its connections. */
export interface Database extends Executor, AsyncDisposable {
  /** The SQL dialect it speaks. */
  readonly engine: 'postgres' | 'sqlite'
  /**
   * Runs `fn` in a transaction: commits when it returns, rolls back when it throws or is cancelled, and returns the
   * connection once the server has done so.
   *
   * Cancellation: stops the running statement, then rolls back. During COMMIT it waits for the outcome, for up to
   * `grace`.
   *
   * @throws what `fn` throws
   * @throws DatabaseError COMMIT_UNKNOWN when the connection broke in COMMIT; AFTER_COMMIT when all is committed, but a
   *   callback of `afterCommit` failed
   * @throws MisuseError when the database itself is used inside: that would be another connection
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.execute(sql`update accounts set balance = balance - ${10} where id = ${1}`)
   *   await tx.execute(sql`update accounts set balance = balance + ${10} where id = ${2}`)
   * })
   */
  transaction<T>(
    fn: (tx: Transaction) => PromiseLike<T> | T,
    options?: TransactionOptions,
  ): Promise<T>
  /**
   * Runs `fn` with a connection of its own, and resets it with `discard all` before others get it.
   *
   * Cancellation: stops the running statement, and rolls back what raw SQL has begun.
   *
   * @throws what `fn` throws
   * @throws DatabaseError UNFINISHED_TRANSACTION when raw SQL left a transaction open: it is rolled back
   * @throws MisuseError inside a transaction of this database
   */
  session<T>(fn: (session: Session) => PromiseLike<T> | T): Promise<T>
  /**
   * PostgreSQL NOTIFY messages on the given channels. The first item says that listening has begun. It uses a
   * connection of its own, outside the pool; if that is lost, it reconnects for as long as it takes, and then yields
   * `missed`.
   *
   * Cancellation: closes the connection, as does leaving the loop.
   *
   * @throws DatabaseError CONNECT, at the beginning
   * @throws MisuseError on SQLite
   * @example
   * for await (const { payload, missed } of db.listen('orders')) {
   *   console.log(missed ? 'look at the table' : payload)
   * }
   */
  listen(...channels: readonly string[]): AsyncGenerator<Notification, void>
  /**
   * Runs the pending migrations, and returns their names. Each runs once, in a transaction of its own, and is recorded
   * in the table `corral_migration`; completed ones stay done when a later one fails. When several programs start at
   * the same time, one migrates and the others wait.
   *
   * Cancellation: rolls back the one in progress.
   *
   * @param migrations an ordered list, or the folder of files such as `001-users.sql`
   * @throws DatabaseError MIGRATION when a completed one has changed or is unknown here, or a pending one comes before
   * a completed one; when a function throws, with that as the cause; when the folder cannot be read
   * @throws DatabaseError with the code of the statement that fails
   * @throws MisuseError for what is no list of migrations, or names that are not unique
   * @example
   * await db.migrate([
   *   { name: '001-users', up: 'create table users (id integer primary key, name text)' },
   *   { name: '002-names', up: (tx) => tx.execute(sql`update users set name = ${'nobody'} where name is null`) },
   * ])
   */
  migrate(migrations: Migrations): Promise<string[]>
  stats(): DatabaseStats
  /** Rejects queued calls, waits for those in progress, and closes every connection. `await using` does it too. */
  close(): Promise<void>
}
