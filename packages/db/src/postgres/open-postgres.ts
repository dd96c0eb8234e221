import type { Database } from '../database.ts'
import { settingsOf } from './options.ts'
import type { PostgresOptions } from './options.ts'
import { PostgresDatabase } from './postgres-database.ts'

/**
 * Opens a PostgreSQL database, with a pool of connections opened on demand; the first one is opened at once, so that a
 * wrong URL fails here. The task that opens it owns its connections.
 *
 * Cancellation: gives up, and leaves no connection behind.
 *
 * @param url `postgres://user:password@host:port/name`
 * @throws DatabaseError CONNECT or AUTHENTICATION
 * @throws MisuseError for invalid options
 * @example
 * await using db = await openPostgres('postgres://me:secret@localhost/shop')
 * const total = await db.value<bigint>(sql`select count(*) from orders`)
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const database = new PostgresDatabase(settingsOf(url, options))
  try {
    await database.probe()
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}
