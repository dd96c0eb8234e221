import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError, storeErrorOf } from './store-error.ts'

/**
 * Makes sure that one crawl at a time works on a store, while anybody may read it. The lock is SQLite's own, on an
 * empty file beside the store: the system takes it away when its owner ends, however it ends, so there is no stale
 * lock to wait for or to remove by hand.
 *
 * @throws StoreError STORE_IN_USE when another crawl holds it
 */
export function takeOwnerLock(file: string): Disposable {
  // In full: SQLite has names of its own, such as file:x.
  const path = resolve(`${file}-owner`)
  for (;;) {
    create(path, file)
    const before = statSync(path, { throwIfNoEntry: false })?.ino
    const db = lock(path, file)
    // The owner before us removes the file while it holds the lock: then ours is on a file that is gone.
    if (before !== undefined && statSync(path, { throwIfNoEntry: false })?.ino === before) {
      return { [Symbol.dispose]: () => release(db, path) }
    }
    db.close()
  }
}

/** Never opens a file that is there: closing it again would drop the locks this process has on it [POSIX fcntl]. */
function create(path: string, file: string): void {
  try {
    closeSync(openSync(path, 'wx'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new StoreError(
      'STORE_READ_ONLY',
      file,
      `store ${file} cannot be written; check the permissions of its directory`,
      { cause: error },
    )
  }
}

function lock(path: string, file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db?.close()
    const found = storeErrorOf(error, file)
    if (found.code !== 'STORE_LOCKED') throw found
    throw new StoreError(
      'STORE_IN_USE',
      file,
      `store ${file} is in use by another crawl; wait for it or name another store`,
      { cause: error },
    )
  }
}

function release(db: DatabaseSync, path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Where open files cannot be removed it stays, empty.
  }
  db.close()
}
