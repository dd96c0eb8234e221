import { MisuseError } from 'corral'
import type { Sql } from '../sql/statement.ts'
import type { Connection } from './connection.ts'

/** @throws MisuseError for a statement in a transaction that would change the connection of whoever gets it next */
export function requireClean(api: string, connection: Connection, statement: Sql): void {
  const instead = connection.leftover(statement)
  if (instead === undefined) return
  throw new MisuseError(
    `${api}: it would outlive the transaction, on a connection that goes to others; ${instead}`,
  )
}
