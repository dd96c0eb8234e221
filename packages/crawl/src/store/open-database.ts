import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { applicationId, createSchema, schemaVersion } from './schema.ts'
import { StoreError, storeErrorOf } from './store-error.ts'

export interface OpenDatabaseOptions {
  /** Milliseconds to wait for another program that has it locked. */
  readonly lockTimeout?: number
  /** Bytes the file may grow to. */
  readonly maxFileSize?: number
}

/**
 * Opens the database of a store for writing, and creates it where there is none. A file that is not ours is left as
 * it is, to the byte: it is looked at before anything is set.
 *
 * @throws StoreError for a directory, a file that is no SQLite database or another program's, a store of a newer
 *   version, one that is locked or cannot be written
 */
export function openDatabase(file: string, options: OpenDatabaseOptions = {}): DatabaseSync {
  const { lockTimeout = 2000, maxFileSize = Infinity } = options
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new StoreError('STORE_IS_DIRECTORY', file, `store ${file} is a directory; name a file`)
  }
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new StoreError(
      'STORE_NO_DIRECTORY',
      file,
      `store ${file}: there is no directory ${dirname(file)}; create it first`,
    )
  }
  let db: DatabaseSync | undefined
  try {
    // In full: SQLite has names of its own, such as :memory: and file:x.
    db = new DatabaseSync(resolve(file), { timeout: lockTimeout })
    const fresh = checkOwnership(db, file)
    // WAL with FULL: a commit that was confirmed survives a power cut, and readers never wait.
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864',
    )
    db.exec('PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY')
    if (maxFileSize !== Infinity) {
      const { page_size: size } = db.prepare('PRAGMA page_size').get() as { page_size: number }
      db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxFileSize / size))}`)
    }
    if (fresh) createSchema(db)
    // Whether it can be written is asked now, not when the first pages are there.
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    return db
  } catch (error) {
    db?.close()
    throw storeErrorOf(error, file)
  }
}

/** Puts what was written into the file itself, and closes it. */
export function closeDatabase(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // A reader holds on to it: the next one to open does it.
  } finally {
    db.close()
  }
}

/**
 * Whether the database is empty and to be made ours; `false` when it is ours.
 *
 * @throws StoreError STORE_FOREIGN, STORE_NEWER
 */
export function checkOwnership(db: DatabaseSync, file: string): boolean {
  const { application_id: owner } = db.prepare('PRAGMA application_id').get() as {
    application_id: number
  }
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as {
    user_version: number
  }
  if (owner === applicationId) {
    if (version <= schemaVersion) return false
    throw new StoreError(
      'STORE_NEWER',
      file,
      `store ${file} was written by a newer version (schema ${version}, this one reads ${schemaVersion}); update corral`,
    )
  }
  const { count } = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as {
    count: number
  }
  if (owner === 0 && count === 0) return true
  throw new StoreError(
    'STORE_FOREIGN',
    file,
    `${file} is a database of another program; name another store`,
  )
}
