import { isCancelled, shield } from 'corral'
import type { Result } from '../executor.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'

let opened = 0

/**
 * Fetches through a cursor, in the transaction of `send`. Every step is a statement like any other, so other statements
 * of the transaction may run in between, and each is cancelled like any other.
 */
export async function* fetchAll(
  query: Sql,
  batch: number,
  send: (statement: Sql) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const name = sql.identifier(`corral_${(opened += 1)}`)
  await send(sql`declare ${name} no scroll cursor for ${query}`)
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
