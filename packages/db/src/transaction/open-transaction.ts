import { isCancelled, shield } from 'corral'
import { requireFunction } from 'corral/lowlevel'
import type { Transaction } from '../database.ts'
import { DatabaseError } from '../errors.ts'
import type { QueryLog } from '../query-log.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection } from './connection.ts'
import { Handle } from './handle.ts'
import { requireClean } from './require-clean.ts'

const api = 'Transaction.transaction'

/** A transaction that has begun, or a savepoint in one. */
export class OpenTransaction extends Handle implements Transaction {
  protected readonly name = 'Transaction'
  /** Callbacks to run after COMMIT. */
  readonly committed: (() => PromiseLike<void> | void)[] = []
  readonly #depth: number
  /** In a session. */
  readonly #reserved: boolean

  constructor(connection: Connection, log: QueryLog, parent: Handle | undefined, depth = 0) {
    super(connection, log, parent)
    this.#depth = depth
    this.#reserved = parent instanceof OpenTransaction ? parent.#reserved : parent !== undefined
  }

  afterCommit(fn: () => PromiseLike<void> | void): void {
    requireFunction('Transaction.afterCommit: fn', fn)
    this.requireOpen('Transaction.afterCommit')
    this.committed.push(fn)
  }

  transaction<T>(fn: (tx: Transaction) => PromiseLike<T> | T): Promise<T> {
    requireFunction(`${api}: fn`, fn)
    return this.exclusively(api, () => this.#savepoint(fn))
  }

  protected override requireClean(api: string, statement: Sql): void {
    if (!this.#reserved) requireClean(api, this.connection, statement)
  }

  /** Outside of it, a statement would be committed at once. */
  protected override requireBegun(api: string): void {
    if (this.connection.status !== 'I') return
    throw new DatabaseError(
      'TRANSACTION_ABORTED',
      `${api}: the transaction is over: raw SQL or a trigger committed it or rolled it back`,
    )
  }

  async #savepoint<T>(fn: (tx: Transaction) => PromiseLike<T> | T): Promise<T> {
    const depth = this.#depth + 1
    const name = sql.identifier(`corral_${depth}`)
    const inner = new OpenTransaction(this.connection, this.log, this, depth)
    // Stopped halfway, these two would leave it unclear whether there is a savepoint, and fail the outer transaction.
    await this.control(api, sql`savepoint ${name}`, 'finish')
    try {
      const value = await inner.runIn(() => fn(inner))
      inner.requireAwaited(api)
      await this.control(api, sql`release savepoint ${name}`, 'finish')
      this.committed.push(...inner.committed)
      return value
    } catch (error) {
      await shield(() => this.#undo(inner, name))
      throw error
    }
  }

  async #undo(inner: OpenTransaction, name: Sql): Promise<void> {
    try {
      await inner.line.use(() => this.control(api, sql`rollback to savepoint ${name}`))
      await this.control(api, sql`release savepoint ${name}`)
    } catch (error) {
      // The connection is lost, and with it the outer transaction: its next statement will say so.
      if (isCancelled(error)) throw error
    }
  }
}
