import { MisuseError, shield } from 'corral'
import { DatabaseError } from '../errors.ts'
import type { Transaction, TransactionOptions } from '../database.ts'
import type { QueryLog } from '../query-log.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection } from './connection.ts'
import type { Handle } from './handle.ts'
import { OpenTransaction } from './open-transaction.ts'

/**
 * Runs `fn` once, in a transaction on an idle connection. Afterwards the connection is idle again, or dead. Callbacks
 * to run after COMMIT are left to the caller.
 */
export async function attemptTransaction<T>(
  connection: Connection,
  log: QueryLog,
  fn: (tx: Transaction) => PromiseLike<T> | T,
  options: TransactionOptions,
  parent: Handle | undefined,
): Promise<{ value: T; committed: OpenTransaction['committed'] }> {
  const api = `${parent === undefined ? 'Database' : 'Session'}.transaction`
  if (connection.status !== 'I') {
    // The server would only warn, and our COMMIT would end the other one.
    throw new MisuseError(`${api}: raw SQL has begun a transaction; leave begin to it`)
  }
  const tx = new OpenTransaction(connection, log, parent)
  try {
    const begin = connection.begin(options)
    await log.observe(begin, () => connection.execute(api, begin))
    const value = await tx.runIn(() => fn(tx))
    tx.requireAwaited(api)
    await commit(connection, log, api)
    return { value, committed: tx.committed }
  } catch (error) {
    await shield(() => tx.rollBack())
    throw error
  }
}

const commitStatement: Sql = sql`commit`

/** @throws DatabaseError when it was not committed, or it is not known whether it was */
export async function commit(connection: Connection, log: QueryLog, api: string): Promise<void> {
  if (!connection.alive) {
    throw new DatabaseError(
      'CONNECTION_LOST',
      `${api}: the connection broke before COMMIT was sent`,
    )
  }
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
    await log.observe(commitStatement, () => connection.execute(api, commitStatement, 'finish'))
  } catch (error) {
    if (connection.alive || !(error instanceof DatabaseError)) throw error
    throw new DatabaseError(
      'COMMIT_UNKNOWN',
      `${api}: the connection broke in COMMIT; look whether it happened before you do it again`,
      { cause: error },
    )
  }
}
