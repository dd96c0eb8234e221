import { MisuseError, shield } from 'corral'
import { requireFunction } from 'corral/lowlevel'
import type {
  Database,
  DatabaseStats,
  Session,
  Transaction,
  TransactionOptions,
} from './database.ts'
import { Executor } from './executor.ts'
import type { QueryLog } from './query-log.ts'
import { attemptTransaction } from './transaction/attempt-transaction.ts'
import type { Connection } from './transaction/connection.ts'
import { innermost } from './transaction/handle.ts'
import { OpenSession } from './transaction/open-session.ts'
import { OpenTransaction } from './transaction/open-transaction.ts'
import { withRetry } from './transaction/with-retry.ts'

/** What the databases of all engines have in common: transactions and sessions on connections that are lent. */
export abstract class EngineDatabase extends Executor implements Database {
  abstract readonly engine: 'postgres' | 'sqlite'
  protected readonly name = 'Database'
  protected readonly log: QueryLog

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
      this.#lend(
        api,
        (connection) => attemptTransaction(connection, this.log, fn, options, undefined),
        options.readOnly,
      ),
    )
  }

  async session<T>(fn: (session: Session) => PromiseLike<T> | T): Promise<T> {
    const api = 'Database.session'
    requireFunction(`${api}: fn`, fn)
    return await this.#lend(api, async (connection) => {
      const session = new OpenSession(connection, this.log, undefined)
      try {
        return await session.runIn(() => fn(session))
      } finally {
        await shield(async () => {
          await session.line.use(() => connection.rollback())
          await this.reset(connection)
        })
      }
    })
  }

  abstract stats(): DatabaseStats
  abstract close(): Promise<void>

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.close())
  }

  /** Runs `fn` with a connection of its own; afterwards it is rolled back, and lent again or destroyed. */
  protected abstract lend<T>(
    fn: (connection: Connection) => Promise<T>,
    readOnly?: boolean,
  ): Promise<T>
  /** Locks, temporary tables, settings: nothing of it may reach the next borrower. */
  protected abstract reset(connection: Connection): Promise<void>

  /** It would be another connection: it does not see what the transaction did, and may wait for it for ever. */
  protected refuseInside(api: string): void {
    for (let inner = innermost.get(); inner !== undefined; inner = inner.parent) {
      if (!(inner instanceof OpenTransaction) || inner.log !== this.log) continue
      throw new MisuseError(
        `${api}: the database is used inside its own transaction; use the transaction's handle`,
      )
    }
  }

  async #lend<T>(
    api: string,
    fn: (connection: Connection) => Promise<T>,
    readOnly?: boolean,
  ): Promise<T> {
    this.refuseInside(api)
    return await this.lend(fn, readOnly)
  }
}
