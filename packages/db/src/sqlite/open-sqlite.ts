import type { Database } from '../database.ts'
import { requirePlace, settingsOf } from './options.ts'
import type { SqliteOptions } from './options.ts'
import { SqliteDatabase } from './sqlite-database.ts'

/**
 * Opens or creates a SQLite file. One thread writes: statements that arrive together are committed together, and each
 * is on disk when it returns. Readers are separate processes and never wait for the writer.
 *
 * Cancellation, of the database's methods: `query` and `stream` stop the statement within about 20 ms. What the writer
 * has begun is waited for.
 *
 * @param path a file, or `:memory:`, which is gone when closed
 * @throws DatabaseError CONNECT, NOT_A_DATABASE, LOCKED, READ_ONLY; the file is then unchanged
 * @throws MisuseError for invalid options
 * @example
 * await using db = await openSqlite(':memory:')
 * await db.execute(sql`create table users (id integer primary key, name text)`)
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<Database> {
  const settings = settingsOf(path, options)
  requirePlace(path, settings.readOnly)
  const database = new SqliteDatabase(settings)
  try {
    await database.probe()
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}
