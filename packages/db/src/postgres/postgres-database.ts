import { isCancelled, MisuseError, now, Pool, shield } from 'corral'
import type { PoolLease } from 'corral'
import { requireFunction } from 'corral/lowlevel'
import type {
  Database,
  DatabaseStats,
  Session,
  Transaction,
  TransactionOptions,
} from '../database.ts'
import { DatabaseError } from '../errors.ts'
import { Executor } from '../executor.ts'
import type { Result } from '../executor.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import { attemptTransaction } from './attempt-transaction.ts'
import { connect } from './connect.ts'
import type { Connection, OnCancel } from './connection.ts'
import { fetchAll } from './cursor.ts'
import { innermost } from './handle.ts'
import type { Send } from './handle.ts'
import type { PostgresSettings } from './options.ts'
import { PostgresSession } from './session.ts'
import { PostgresTransaction } from './transaction.ts'
import { withRetry } from './with-retry.ts'

/** A pool of connections. What is lent comes back idle, rolled back, or not at all. */
export class PostgresDatabase extends Executor implements Database {
  protected readonly name = 'Database'
  readonly #pool: Pool<Connection>
  readonly #settings: PostgresSettings
  readonly #counts = { queries: 0, errors: 0, cancels: 0, destroyed: 0 }
  readonly #send: Send = (connection, api, statement, onCancel) =>
    this.#execute(connection, api, statement, onCancel)

  constructor(settings: PostgresSettings) {
    super()
    const { max, min, idle } = settings
    this.#settings = settings
    this.#pool = new Pool<Connection>({
      create: () => connect(settings, this.#counts),
      destroy: (connection) => connection.close(),
      max,
      min,
      idle,
      // A connection that was made for one who gave up: nobody is there to be told.
      onError: () => void (this.#counts.errors += 1),
    })
  }

  /** Connects once. */
  async probe(): Promise<void> {
    await this.#use('openPostgres', () => Promise.resolve())
  }

  transaction<T>(
    fn: (tx: Transaction) => PromiseLike<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const api = 'Database.transaction'
    return withRetry(api, fn, options, () =>
      this.#use(api, (connection) =>
        attemptTransaction(connection, this.#send, fn, options, undefined),
      ),
    )
  }

  async session<T>(fn: (session: Session) => PromiseLike<T> | T): Promise<T> {
    const api = 'Database.session'
    requireFunction(`${api}: fn`, fn)
    return await this.#use(api, async (connection) => {
      const session = new PostgresSession(connection, this.#send, undefined)
      try {
        return await session.runIn(() => fn(session))
      } finally {
        await this.#reset(session)
      }
    })
  }

  stats(): DatabaseStats {
    const { size, available, waiting } = this.#pool
    return { size, idle: available, busy: size - available, waiting, ...this.#counts }
  }

  async close(): Promise<void> {
    await this.#pool.drain()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.close())
  }

  protected send(api: string, statement: Sql): Promise<Result> {
    return this.#use(api, async (connection) => {
      const result = await this.#execute(connection, api, statement)
      if (connection.status === 'I') return result
      await connection.rollback()
      throw new DatabaseError(
        'UNFINISHED_TRANSACTION',
        `${api}: the statement left a transaction open, and it was rolled back; use Database.transaction`,
      )
    })
  }

  protected async *open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    this.#refuseInside(api)
    const lease = await this.#borrow()
    const connection = lease.value
    try {
      await this.#execute(connection, api, sql`begin`)
      yield* fetchAll(query, batch, (statement) => this.#execute(connection, api, statement))
      await this.#execute(connection, api, sql`commit`, 'finish')
    } finally {
      await this.#giveBack(lease)
    }
  }

  async #use<T>(api: string, fn: (connection: Connection) => Promise<T>): Promise<T> {
    this.#refuseInside(api)
    const lease = await this.#borrow()
    try {
      return await fn(lease.value)
    } finally {
      const { alive, status } = lease.value
      if (alive && status === 'I') void lease[Symbol.asyncDispose]()
      else await this.#giveBack(lease)
    }
  }

  async #borrow(): Promise<PoolLease<Connection>> {
    for (;;) {
      const lease = await this.#pool.acquire()
      if (lease.value.alive) return lease
      lease.discard() // the server ended it while it lay idle
    }
  }

  async #giveBack(lease: PoolLease<Connection>): Promise<void> {
    if (await lease.value.rollback()) void lease[Symbol.asyncDispose]()
    else lease.discard()
  }

  async #execute(
    connection: Connection,
    api: string,
    statement: Sql,
    onCancel?: OnCancel,
  ): Promise<Result> {
    const { onQuery } = this.#settings
    const since = onQuery === undefined ? 0 : now()
    let count: number | undefined
    let failure: unknown
    this.#counts.queries += 1
    try {
      const { fields, rows, rowCount } = await connection.execute(api, statement, onCancel)
      count = rowCount ?? 0
      return { columns: fields.map((field) => field.name), rows, count }
    } catch (error) {
      failure = error
      if (!isCancelled(error)) this.#counts.errors += 1
      throw error
    } finally {
      onQuery?.({ text: statement.text, ms: now() - since, count, error: failure })
    }
  }

  /** Locks, temporary tables, settings: nothing of it may reach the next borrower. */
  async #reset({ connection, line }: PostgresSession): Promise<void> {
    await shield(async () => {
      await line.use(() => connection.rollback())
      if (!connection.alive) return
      await connection
        .execute('Database.session', sql`discard all`)
        .catch(() => connection.destroy())
    })
  }

  /** It would be another connection: it does not see what the transaction did, and may wait for it for ever. */
  #refuseInside(api: string): void {
    for (let inner = innermost.get(); inner !== undefined; inner = inner.parent) {
      if (!(inner instanceof PostgresTransaction) || inner.sendOn !== this.#send) continue
      throw new MisuseError(
        `${api}: the database is used inside its own transaction; use the transaction's handle`,
      )
    }
  }
}
