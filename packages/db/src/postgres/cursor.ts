import { isCancelled, shield } from 'corral'
import type { Result } from '../executor.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection, InTurn } from '../transaction/connection.ts'

let opened = 0

/**
 * Fetches through a cursor. Every step is a statement like any other, so other statements of the transaction or session
 * may run in between, and each is cancelled like any other.
 *
 * A cursor ends with its transaction. Outside of one, it holds a result that the server has stored: a transaction of our
 * own would include the statements in between, and undo them when one fails.
 *
 * @param inTurn runs each step
 */
export async function* fetchAll(
  connection: Pick<Connection, 'execute' | 'status'>,
  api: string,
  query: Sql,
  batch: number,
  inTurn: InTurn,
): AsyncGenerator<Result, void> {
  const send = (statement: Sql): Promise<Result> =>
    inTurn(statement, () => connection.execute(api, statement))
  const name = sql.identifier(`corral_${(opened += 1)}`)
  const inTransaction = sql`declare ${name} no scroll cursor for ${query}`
  const held = sql`declare ${name} no scroll cursor with hold for ${query}`
  await inTurn(inTransaction, () =>
    connection.execute(api, connection.status === 'I' ? held : inTransaction),
  )
  const fetch = sql`fetch forward ${sql.raw(String(batch))} from ${name}`
  try {
    for (;;) {
      const result = await send(fetch)
      if (result.rows.length > 0) yield result
      if (result.rows.length < batch) break
    }
  } finally {
    await shield(() => close(sql`close ${name}`, send))
  }
}

async function close(statement: Sql, send: (statement: Sql) => Promise<Result>): Promise<void> {
  try {
    await send(statement)
  } catch (error) {
    if (isCancelled(error)) throw error
    // In a transaction that has failed, or is over, the cursor is closed already.
  }
}
