import type { Database } from '../database.ts'
import { settingsOf } from './options.ts'
import type { PostgresOptions } from './options.ts'
import { PostgresDatabase } from './postgres-database.ts'

/**
 * Opens a PostgreSQL database, with a pool of connections that are made when they are needed; the first one is
 * made at once, so that what is wrong with the URL is said here. The task that opens it owns its connections.
 *
 * Cancellation: gives up, and leaves no connection.
 *
 * @param url `postgres://user:password@host:port/name`
 * @throws DatabaseError CONNECT or AUTHENTICATION
 * @throws MisuseError for options that cannot be right
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
