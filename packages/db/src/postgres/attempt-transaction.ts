import { MisuseError, moveOnAfter, shield } from 'corral'
import { DatabaseError } from '../errors.ts'
import type { Transaction, TransactionOptions } from '../database.ts'
import { sql } from '../sql/sql.ts'
import type { Connection } from './connection.ts'
import type { Handle, Send } from './handle.ts'
import { PostgresTransaction } from './transaction.ts'

/**
 * Runs `fn` in a transaction on a connection that is idle, once. Afterwards the connection is idle again, or
 * dead. What was to be run after COMMIT is left to the caller.
 */
export async function attemptTransaction<T>(
  connection: Connection,
  send: Send,
  fn: (tx: Transaction) => PromiseLike<T> | T,
  { isolation, readOnly = false }: TransactionOptions,
  parent: Handle | undefined,
): Promise<{ value: T; committed: PostgresTransaction['committed'] }> {
  const api = `${parent === undefined ? 'Database' : 'Session'}.transaction`
  const level = isolation === undefined ? '' : ` isolation level ${isolation}`
  const tx = new PostgresTransaction(connection, send, parent)
  try {
    await send(connection, api, sql`begin${sql.raw(level + (readOnly ? ' read only' : ''))}`)
    const value = await tx.runIn(() => fn(tx))
    await tx.line.use(() => commit(connection, send, api))
    return { value, committed: tx.committed }
  } catch (error) {
    // A task that outlives the body may have a statement under way: idle first, then ROLLBACK.
    const idle = await shield(() => moveOnAfter(connection.grace, () => tx.line.use(() => {})))
    if (idle.timedOut) await shield(() => connection.destroy())
    else await connection.rollback()
    throw error
  }
}

async function commit(connection: Connection, send: Send, api: string): Promise<void> {
  if (connection.status === 'I') {
    throw new MisuseError(`${api}: raw SQL ended the transaction; leave commit and rollback to it`)
  }
  if (connection.status === 'E') {
    throw new DatabaseError(
      'TRANSACTION_ABORTED',
      `${api}: a statement failed, and its error was caught; it was rolled back. Use a nested transaction for what may fail`,
    )
  }
  try {
    await send(connection, api, sql`commit`, 'finish')
  } catch (error) {
    if (connection.alive || !(error instanceof DatabaseError)) throw error
    throw new DatabaseError(
      'COMMIT_UNKNOWN',
      `${api}: the connection broke in COMMIT; look whether it happened before you do it again`,
      { cause: error },
    )
  }
}
