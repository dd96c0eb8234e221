import type { Executor } from './executor.ts'
import type { Migrations } from './migrate/migration.ts'

export interface TransactionOptions {
  /** Default: what the server is set to, usually `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** The server refuses to write. Default false. */
  readonly readOnly?: boolean
  /**
   * How often it is run at the most, when it fails by a deadlock or because it could not be serialised. Then `fn` runs
   * again from its start, after a delay: it must have no effect outside of the transaction. Default 1.
   */
  readonly attempts?: number
}

/** A transaction under way. It takes one statement at a time; others wait in line. */
export interface Transaction extends Executor {
  /**
   * A part that can fail alone: a savepoint. Until it ends, statements of the outer one wait.
   *
   * @throws what `fn` throws, after what it did was undone
   */
  transaction<T>(fn: (tx: Transaction) => PromiseLike<T> | T): Promise<T>
  /** Runs `fn` when the whole transaction is committed, and not at all when it, or this savepoint, is rolled back. */
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
  /** Connections that there are: idle, busy, being made or ended. Never more than `max`. */
  readonly size: number
  readonly idle: number
  readonly busy: number
  /** How many calls wait for a connection. */
  readonly waiting: number
  readonly queries: number
  /** Statements that failed, cancelled ones left out. */
  readonly errors: number
  /** Statements that were stopped because their caller was cancelled. */
  readonly cancels: number
  /** Connections that were destroyed: they had failed, or did not stop within `grace`. */
  readonly destroyed: number
}

/** What was notified, or `missed`: from here on something may have been. */
export interface Notification {
  readonly channel: string
  readonly payload: string
  /** Listening has begun, once more perhaps: what was notified before is not told of, so look how things are. */
  readonly missed: boolean
}

/** A database and its connections. */
export interface Database extends Executor, AsyncDisposable {
  /** Whose SQL it speaks. */
  readonly engine: 'postgres' | 'sqlite'
  /**
   * Runs `fn` in a transaction: commits when it returns, rolls back when it throws or is cancelled, and gives the
   * connection back when the server has done so.
   *
   * Cancellation: stops the statement under way, then rolls back. During COMMIT it waits for the outcome, as long
   * as `grace`.
   *
   * @throws what `fn` throws
   * @throws DatabaseError COMMIT_UNKNOWN when the connection broke in COMMIT
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
  /** Runs `fn` with a connection of its own, and resets it by `discard all` before others get it. */
  session<T>(fn: (session: Session) => PromiseLike<T> | T): Promise<T>
  /**
   * What is notified on some channels, by NOTIFY of PostgreSQL. The first item says that listening has begun. It has a connection
   * of its own, beside the pool; one that is lost is made anew for as long as it takes, and then `missed` is told.
   *
   * Cancellation: closes the connection. Leaving the loop does it too.
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
   * Brings the schema to where the migrations lead, and gives the names of those that it did. Each is done once, in a
   * transaction of its own, and noted in the table `corral_migration`; what was done stays done when a later one
   * fails. Of several programs that begin at the same time one does it, and the others wait.
   *
   * Cancellation: rolls back the one under way.
   *
   * @param migrations in their order; or the folder of files such as `001-users.sql`
   * @throws DatabaseError MIGRATION when one that was done has changed, is not known here, or comes too late
   * @throws MisuseError for names that are not unique
   * @example
   * await db.migrate([
   *   { name: '001-users', up: 'create table users (id integer primary key, name text)' },
   *   { name: '002-names', up: (tx) => tx.execute(sql`update users set name = ${'nobody'} where name is null`) },
   * ])
   */
  migrate(migrations: Migrations): Promise<string[]>
  stats(): DatabaseStats
  /** Turns away those in line, waits for what is under way, and closes every connection. `await using` does it too. */
  close(): Promise<void>
}
