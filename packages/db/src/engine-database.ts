import { MisuseError, shield } from 'corral'
import { requireFunction } from 'corral/lowlevel'
import type {
  Database,
  DatabaseStats,
  Notification,
  Session,
  Transaction,
  TransactionOptions,
} from './database.ts'
import { Executor } from './executor.ts'
import type { CopyRows, Result } from './executor.ts'
import { migrate } from './migrate/migrate.ts'
import type { Migrations } from './migrate/migration.ts'
import type { QueryLog } from './query-log.ts'
import type { Sql } from './sql/statement.ts'
import { attemptTransaction } from './transaction/attempt-transaction.ts'
import type { Borrowed, Connection } from './transaction/connection.ts'
import { copyIn } from './transaction/copy.ts'
import { innermost } from './transaction/handle.ts'
import { borrowedFrom, borrowing, requireRoom } from './transaction/borrowed.ts'
import type { ConnectionSource } from './transaction/borrowed.ts'
import { OpenSession } from './transaction/open-session.ts'
import { OpenTransaction } from './transaction/open-transaction.ts'
import { requireIdle } from './transaction/require-idle.ts'
import { withRetry } from './transaction/with-retry.ts'

/** What the databases of all engines have in common: transactions and sessions on pooled connections. */
export abstract class EngineDatabase extends Executor implements Database {
  abstract readonly engine: 'postgres' | 'sqlite'
  protected readonly name = 'Database'
  /** @internal */
  readonly log: QueryLog
  /** @internal Transactions that do not end with a function of ours. */
  readonly byHand = new Set<{ readonly isAbandoned: boolean; release(): Promise<void> }>()

  constructor(log: QueryLog) {
    super()
    this.log = log
  }

  transaction<T>(
    fn: (tx: Transaction) => PromiseLike<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const api = 'Database.transaction'
    return withRetry(api, fn, options, () =>
      this.lend(
        api,
        (connection) => attemptTransaction(connection, this.log, fn, options, undefined),
        options.readOnly,
      ),
    )
  }

  async session<T>(fn: (session: Session) => PromiseLike<T> | T): Promise<T> {
    const api = 'Database.session'
    requireFunction(`${api}: fn`, fn)
    return await this.lend(api, async (connection) => {
      const session = new OpenSession(connection, this.log, undefined)
      try {
        const value = await session.runIn(() => fn(session))
        session.requireAwaited(api)
        requireIdle(api, connection, 'Session.transaction')
        return value
      } finally {
        await shield(async () => {
          await session.rollBack()
          await this.reset(connection)
        })
      }
    })
  }

  migrate(migrations: Migrations): Promise<string[]> {
    return migrate(this, migrations)
  }

  abstract listen(...channels: readonly string[]): AsyncGenerator<Notification, void>
  abstract stats(): DatabaseStats

  async close(): Promise<void> {
    // Otherwise it would wait for them for ever.
    for (const each of [...this.byHand].filter(({ isAbandoned }) => isAbandoned)) {
      await shield(() => each.release())
    }
    this.#refuseWithin('Database.close')
    await this.shutDown()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.close())
  }

  /** @internal Runs `fn` when no other program does so on this database. PostgreSQL has a lock for that. */
  exclusively<T>(fn: () => Promise<T>): Promise<T> {
    return fn()
  }

  /** @internal For callers whose work does not fit in one function. */
  abstract borrow(api: string, readOnly?: boolean): Promise<Borrowed>
  /** Locks, temporary tables, settings: none of it may reach the next borrower. */
  protected abstract reset(connection: Connection): Promise<void>

  protected copyIn(api: string, query: Sql, rows: CopyRows): Promise<Result> {
    return this.lend(api, (connection) =>
      this.log.observe(query, () => copyIn(connection, api, query, rows)),
    )
  }

  /** @internal Runs a statement on whichever connection is free. */
  run(api: string, statement: Sql): Promise<Result> {
    return this.send(api, statement)
  }

  /** @internal */
  read(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    return this.open(api, query, batch)
  }

  protected abstract readonly sources: readonly ConnectionSource[]
  protected abstract sourceOf(readOnly?: boolean): ConnectionSource

  /** Waits for what runs, refuses the rest, and closes all connections. */
  protected abstract shutDown(): Promise<void>

  /** It would be another connection: it does not see what the transaction did, and might wait for it forever. */
  protected refuseInside(api: string, source: ConnectionSource): void {
    for (let inner = innermost.get(); inner !== undefined; inner = inner.parent) {
      if (!(inner instanceof OpenTransaction) || inner.over || inner.log !== this.log) continue
      throw new MisuseError(
        `${api}: the database is used inside its own transaction; use the transaction's handle`,
      )
    }
    requireRoom(api, source)
  }

  /** What waits for all borrowers would wait for itself. */
  #refuseWithin(api: string): void {
    if (this.sources.every((source) => borrowedFrom(source) === 0)) return
    throw new MisuseError(
      `${api}: it is called inside its own session, transaction or copy; call it after that`,
    )
  }

  protected async lend<T>(
    api: string,
    fn: (connection: Connection) => Promise<T>,
    readOnly?: boolean,
  ): Promise<T> {
    const { connection, giveBack } = await this.borrow(api, readOnly)
    try {
      return await borrowing(this.sourceOf(readOnly), () => fn(connection))
    } finally {
      await giveBack()
    }
  }
}
