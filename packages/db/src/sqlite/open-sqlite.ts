import type { Database } from '../database.ts'
import { requirePlace, settingsOf } from './options.ts'
import type { SqliteOptions } from './options.ts'
import { SqliteDatabase } from './sqlite-database.ts'

/**
 * Opens a file of SQLite, or makes it. One thread writes: statements that come together are committed together, and
 * each is on the disk when it returns. Readers are processes of their own and never wait for the writer.
 *
 * Cancellation, of the database's methods: `query` and `stream` end the statement, within some 20 ms. What the writer
 * has begun is waited for.
 *
 * @param path a file, or `:memory:`: that is gone when it is closed
 * @throws DatabaseError CONNECT, NOT_A_DATABASE, LOCKED, READ_ONLY: the file is then as it was
 * @throws MisuseError for options that cannot be right
 * @example
 * await using db = await openSqlite(':memory:')
 * await db.execute(sql`create table users (id integer primary key, name text)`)
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<Database> {
  const settings = settingsOf(path, options)
  requirePlace(path)
  const database = new SqliteDatabase(settings)
  try {
    await database.probe()
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}
