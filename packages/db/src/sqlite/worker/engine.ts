import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { afterComments } from '../../sql/comments.ts'
import type { SqliteAnswer, SqliteFailure, SqliteValue, WorkerSettings } from './protocol.ts'

interface Prepared {
  readonly statement: StatementSync
  /** Undefined before the first run: only running it updates SQLite's cached schema. */
  columns: readonly string[] | undefined
  /** It returns rows, even if there are none. */
  readonly gives: boolean
  /** Its count is the rows it returns or changes. */
  readonly changes: boolean
  /** It has returned integers that a number cannot hold, or cannot be run again to find out. */
  bigints: boolean
}

interface Cursor {
  readonly prepared: Prepared
  readonly rows: Iterator<unknown>
}

const remembered = 500
const busy = 5
const recovering = 261
const full = 13
/** The most that SQLite can wait, in milliseconds. */
const longest = 2 ** 31 - 1

/** One connection of SQLite, synchronous: what a worker runs. */
export class Engine {
  readonly #settings: WorkerSettings
  #db: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()
  readonly #cursors = new Map<number, Cursor>()
  #schemaVersion: StatementSync
  #schema: unknown
  /** There was no room, and the journal could not be emptied since: it comes first, before it takes what room there is. */
  #isFull = false

  constructor(settings: WorkerSettings) {
    this.#settings = settings
    this.#db = this.#open()
    this.#schemaVersion = this.#db.prepare('pragma schema_version')
  }

  /** A transaction is open. */
  get isOpen(): boolean {
    return this.#db.isOpen && this.#db.isTransaction
  }

  /**
   * Another connection may have changed the tables since: rechecks what is known of the columns. Call from time to
   * time.
   */
  refresh(): void {
    this.#emptyJournal()
    let schema: unknown
    try {
      schema = this.#schemaVersion.get()?.['schema_version']
    } catch {
      // The next statement says what is wrong with the file.
    }
    if (schema === undefined || schema !== this.#schema) this.#prepared.clear()
    this.#schema = schema
  }

  /** Until `endRead`, all statements read the same snapshot. */
  beginRead(): void {
    this.#db.exec('begin')
  }

  endRead(): void {
    if (this.isOpen) this.#db.exec('commit')
  }

  run(text: string, values: readonly SqliteValue[]): SqliteAnswer {
    const prepared = this.#prepare(text)
    const { statement, gives, changes } = prepared
    const bound = bind(values)
    if (!gives) {
      const { changes: count, lastInsertRowid: insertId } = statement.run(...bound)
      if (changes) return { columns: [], rows: [], count: Number(count), insertId }
      this.#prepared.clear()
      return nothing
    }
    const rows = this.#all(prepared, bound)
    return { columns: columnsOf(prepared), rows, count: rows.length }
  }

  script(text: string): SqliteAnswer {
    this.#prepared.clear()
    this.#db.exec(text)
    return nothing
  }

  /** Runs it, retrying while another process has the file locked, unless it is no longer wanted. */
  patiently<T>(act: () => T, isWanted?: () => boolean): T {
    const isAlone = !this.isOpen
    try {
      return this.#whileLocked(act, isWanted)
    } catch (error) {
      // A statement of a transaction that is undone now must not be run by itself.
      if (!this.makeRoom(error) || !isAlone) throw error
      return this.#whileLocked(act, isWanted)
    }
  }

  /**
   * After a failure for want of room: the journal itself may be what fills the disk, as it is reused only from a certain
   * size on. Copies what it holds to the file, empties it, and keeps it small from now on.
   *
   * @returns whether it is worth trying again
   */
  makeRoom(error: unknown): boolean {
    this.#isFull ||= (error as { errcode?: number }).errcode === full
    return this.#emptyJournal()
  }

  #emptyJournal(): boolean {
    if (!this.#isFull || this.isOpen) return false
    try {
      const until = performance.now() + this.#settings.lockTimeout
      while (this.#isFull) {
        const done = this.#db.prepare('pragma wal_checkpoint(truncate)').get()?.['busy'] === 0
        if (done) this.#isFull = false
        else if (performance.now() > until) return false
        else Atomics.wait(still, 0, 0, 5) // somebody reads what it holds
      }
      this.#db.exec('pragma wal_autocheckpoint = 100')
      return true
    } catch {
      return false // the file would have to grow
    }
  }

  openCursor(id: number, text: string, values: readonly SqliteValue[]): SqliteAnswer {
    // A separate one: running it a second time would end the first.
    const prepared = this.#make(text, true)
    const rows = prepared.statement.iterate(...bind(values)) as unknown as Iterator<unknown>
    this.#cursors.set(id, { prepared, rows })
    return nothing
  }

  fetch(id: number, batch: number): SqliteAnswer {
    const cursor = this.#cursors.get(id)
    if (cursor === undefined) return nothing
    const rows: SqliteValue[][] = []
    while (rows.length < batch) {
      const next = cursor.rows.next()
      if (next.done === true) break
      rows.push(narrow(next.value as SqliteValue[]))
    }
    return { columns: columnsOf(cursor.prepared), rows, count: rows.length }
  }

  closeCursor(id: number): SqliteAnswer {
    this.#cursors.get(id)?.rows.return?.()
    this.#cursors.delete(id)
    return nothing
  }

  /** A new connection: settings, temporary tables, attached files are gone. In memory the tables alone can go. */
  reset(): SqliteAnswer {
    if (this.#settings.path === ':memory:') return this.#dropTemporary()
    this.close()
    this.#db = this.#open()
    this.#schemaVersion = this.#db.prepare('pragma schema_version')
    return nothing
  }

  close(): SqliteAnswer {
    this.#cursors.clear()
    this.#prepared.clear()
    try {
      const { readOnly } = this.#settings
      if (!readOnly) this.#db.exec('pragma optimize; pragma wal_checkpoint(truncate)')
    } catch {
      // Another connection is still reading: the next one to close does it.
    } finally {
      this.#db.close()
    }
    return nothing
  }

  #whileLocked<T>(act: () => T, isWanted: () => boolean = () => true): T {
    const until = performance.now() + this.#settings.lockTimeout
    for (let pause = 1; ; pause = Math.min(pause * 2, 10)) {
      try {
        return act()
      } catch (error) {
        const { errcode } = error as { errcode?: number }
        if (errcode !== busy && errcode !== recovering) throw error
        if (performance.now() > until || !isWanted()) throw error
        Atomics.wait(still, 0, 0, pause)
      }
    }
  }

  #dropTemporary(): SqliteAnswer {
    const made = this.#db.prepare(`select type, name from temp.sqlite_schema where sql is not null`)
    for (const { type, name } of made.all() as { type: string; name: string }[]) {
      const quoted = `"${name.replaceAll('"', '""')}"`
      if (type === 'table' || type === 'view') this.#db.exec(`drop ${type} temp.${quoted}`)
    }
    this.#prepared.clear()
    return nothing
  }

  #open(): DatabaseSync {
    const { path, readOnly, lockTimeout, maxSize, synchronous } = this.#settings
    // The writer does its own waiting, so that it notices a cancellation.
    const timeout = readOnly ? Math.min(Math.ceil(lockTimeout), longest) : 0
    const db = new DatabaseSync(path, { readOnly, timeout })
    try {
      if (readOnly) {
        db.exec('select 1 from sqlite_schema limit 1')
        return db
      }
      // Readers never wait for the writer.
      this.#whileLocked(() => db.exec('pragma journal_mode = wal'))
      db.exec(`pragma synchronous = ${synchronous}; pragma journal_size_limit = 67108864`)
      if (maxSize !== Infinity) {
        const { page_size: size } = db.prepare('pragma page_size').get() as { page_size: number }
        db.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxSize / size))}`)
      }
      return db
    } catch (error) {
      db.close()
      throw error
    }
  }

  #prepare(text: string): Prepared {
    const known = this.#prepared.get(text)
    if (known !== undefined) return known
    if (this.#prepared.size >= remembered) this.#prepared.clear()
    const made = this.#make(text, false)
    this.#prepared.set(text, made)
    return made
  }

  #make(text: string, bigints: boolean): Prepared {
    const statement = this.#db.prepare(text)
    // SQLite runs the first of several statements and silently ignores the others.
    if (afterComments(text.slice(statement.sourceSQL.length), 'sqlite') !== '') {
      this.#fail('it has more than one statement; run them one by one')
    }
    const gives = statement.columns().length > 0
    statement.setReturnArrays(true)
    const changes = /^(?:insert|update|delete|replace|with)\b/i.test(afterComments(text, 'sqlite'))
    const wide = bigints || (changes && gives)
    if (wide) statement.setReadBigInts(true)
    return { statement, columns: undefined, gives, changes, bigints: wide }
  }

  #all(prepared: Prepared, bound: readonly SqliteValue[]): SqliteValue[][] {
    const { statement, bigints } = prepared
    if (!bigints) {
      try {
        return this.#rows(prepared, bound)
      } catch (error) {
        if ((error as { code?: string }).code !== 'ERR_OUT_OF_RANGE') throw error
        prepared.bigints = true
        statement.setReadBigInts(true)
      }
    }
    return this.#rows(prepared, bound).map(narrow)
  }

  #rows({ statement }: Prepared, bound: readonly SqliteValue[]): SqliteValue[][] {
    // Undefined when a string would be too long: Node throws nothing then.
    const rows = statement.all(...bound) as unknown as SqliteValue[][] | undefined
    return rows ?? this.#fail('a text is longer than a string can be')
  }

  #fail(message: string): never {
    throw Object.assign(new Error(message), { errcode: 1 })
  }
}

export function failureOf(error: unknown): SqliteFailure {
  const { errcode = 0, message } = error as { errcode?: number; message: string }
  return { errcode, message }
}

const nothing: SqliteAnswer = { columns: [], rows: [], count: 0 }
const still = new Int32Array(new SharedArrayBuffer(4))

/** Whole numbers are bound as integers: otherwise Node makes reals of them. */
function bind(values: readonly SqliteValue[]): SqliteValue[] {
  return values.map((value) =>
    typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value,
  )
}

function columnsOf(prepared: Prepared): readonly string[] {
  prepared.columns ??= prepared.statement.columns().map(({ name }) => name)
  return prepared.columns
}

function narrow(row: SqliteValue[]): SqliteValue[] {
  for (let i = 0; i < row.length; i++) {
    const value = row[i]
    if (typeof value !== 'bigint') continue
    const number = Number(value)
    if (Number.isSafeInteger(number)) row[i] = number
  }
  return row
}
