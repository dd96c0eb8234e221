import { open, stat, unlink } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { shield, sleep, throwIfCancelled } from 'corral'
import { requireName } from '../guard.ts'

/** The longest pause between two looks, in milliseconds. */
const PAUSE = 100

/**
 * Locks a file across all processes on this machine; the file serves only the lock. The operating system holds the
 * lock, so it is released at once when its owner ends, however it ends, and is never stolen from a slow one. Waiters
 * poll at least every 100 ms, so their order is random. On a network file system it is as good as that system's locks.
 *
 * Cancellation: stops waiting, and holds nothing.
 *
 * @param path of a file with no other content; it is created, and removed at the end
 * @throws Error EACCES, ENOENT: the system's own
 * @example
 * await using _lock = await fileLock('/var/lib/app/lock')
 * @see fcntl(2), proper-lockfile
 */
export async function fileLock(path: string): Promise<AsyncDisposable> {
  requireName('fileLock: path', path)
  for (let pause = 2; ; pause = Math.min(PAUSE, pause * 2)) {
    const lock = await tryFileLock(path)
    if (lock !== undefined) return lock
    await sleep(pause)
  }
}

/**
 * Like `fileLock`, but does not wait: undefined when the lock is taken.
 *
 * @example
 * const lock = await tryFileLock('/var/lib/app/lock')
 * if (lock === undefined) throw new Error('it runs already')
 */
export async function tryFileLock(path: string): Promise<AsyncDisposable | undefined> {
  requireName('tryFileLock: path', path)
  throwIfCancelled()
  return shield(() => take(resolve(path))) // the full path: SQLite has special names, such as file:x
}

async function take(path: string): Promise<AsyncDisposable | undefined> {
  for (;;) {
    await create(path)
    const before = await inodeOf(path)
    const held = lock(path)
    if (held === undefined) return undefined
    // The previous owner removes the file while it holds the lock: then ours is on a file that is gone.
    if (before !== undefined && (await inodeOf(path)) === before) return new Held(held, path)
    held.close()
  }
}

/** Never opens an existing file: closing it again would drop the locks this process has on it [POSIX fcntl]. */
async function create(path: string): Promise<void> {
  try {
    await (await open(path, 'wx')).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch {
    return undefined
  }
}

/** SQLite uses the system's locks, and they are also correct between several owners in one process. */
function lock(path: string): DatabaseSync | undefined {
  const db = new DatabaseSync(path)
  try {
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    if (/locked|busy/i.test((error as Error).message)) return undefined
    throw error
  }
}

class Held implements AsyncDisposable {
  readonly #db: DatabaseSync
  readonly #path: string
  #released = false

  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#path = path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return
    this.#released = true
    await shield(() => unlink(this.#path).catch(() => {})) // where open files cannot be removed, it stays, empty
    this.#db.close()
  }
}
