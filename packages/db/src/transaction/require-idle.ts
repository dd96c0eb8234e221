import { DatabaseError } from '../errors.ts'
import type { Connection } from './connection.ts'

/**
 * After raw SQL.
 *
 * @throws DatabaseError UNFINISHED_TRANSACTION; the caller rolls it back
 */
export function requireIdle(api: string, { status }: Connection, instead: string): void {
  if (status === 'I') return
  throw new DatabaseError(
    'UNFINISHED_TRANSACTION',
    `${api}: raw SQL left a transaction open, and it was rolled back; use ${instead}`,
  )
}
