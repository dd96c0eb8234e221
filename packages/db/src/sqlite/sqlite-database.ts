import { MisuseError, shield } from 'corral'
import type { DatabaseStats, Notification } from '../database.ts'
import { EngineDatabase } from '../engine-database.ts'
import type { Result } from '../executor.ts'
import { QueryLog } from '../query-log.ts'
import type { Sql } from '../sql/statement.ts'
import type { Borrowed } from '../transaction/connection.ts'
import { noCopy } from '../transaction/copy.ts'
import type { ConnectionSource } from '../transaction/borrowed.ts'
import { requireIdle } from '../transaction/require-idle.ts'
import { Dispatcher } from './dispatcher.ts'
import { encodeAll } from './encode.ts'
import { Job } from './job.ts'
import type { SqliteSettings } from './options.ts'
import { resultOf, SqliteConnection } from './sqlite-connection.ts'
import { traitsOf } from './statement-traits.ts'
import type { Outcome } from './worker/protocol.ts'

const readOnlyCode = 8

interface BorrowedSqlite extends Borrowed {
  readonly connection: SqliteConnection
}

/** One writer, and readers that do not wait for it. */
export class SqliteDatabase extends EngineDatabase {
  readonly engine = 'sqlite'
  readonly #writer: Dispatcher
  /** The writer itself, for an in-memory database. */
  readonly #readers: Dispatcher

  readonly #settings: SqliteSettings

  constructor(given: SqliteSettings) {
    const { path, readOnly, readers, inProcess, onQuery, ...rest } = given
    const log = new QueryLog(onQuery)
    super(log)
    this.#settings = given
    const settings = { path, readOnly, ...rest }
    const mode = readOnly ? 'each' : 'group'
    this.#writer = new Dispatcher({ settings, inProcess: false, max: 1, mode, log })
    this.#readers =
      path === ':memory:'
        ? this.#writer
        : new Dispatcher({
            settings: { ...settings, readOnly: true },
            inProcess,
            max: readers,
            mode: 'each',
            log,
          })
  }

  /** Opens the file. */
  async probe(): Promise<void> {
    this.#writer.release(await this.#writer.claim())
  }

  stats(): DatabaseStats {
    const all = new Set([this.#writer, this.#readers])
    let [size, idle, busy, waiting] = [0, 0, 0, 0]
    for (const dispatcher of all) {
      size += dispatcher.size
      idle += dispatcher.idle
      busy += dispatcher.busy
      waiting += dispatcher.waiting
    }
    const { queries, errors, cancels, destroyed } = this.log
    return { size, idle, busy, waiting, queries, errors, cancels, destroyed }
  }

  listen(): AsyncGenerator<Notification, void> {
    throw new MisuseError('Database.listen: SQLite notifies of nothing; look at the tables')
  }

  /** Only a transaction holds a lock of SQLite, and `fn` is what cannot run in one: the lock is that of another file. */
  override async exclusively<T>(fn: () => Promise<T>): Promise<T> {
    const settings = { ...this.#settings, lockTimeout: Infinity, onQuery: undefined }
    if (settings.path === ':memory:' || settings.readOnly) return await fn()
    await using lock = new SqliteDatabase({ ...settings, path: `${settings.path}-migration` })
    return await lock.transaction(fn)
  }

  protected async shutDown(): Promise<void> {
    await this.#readers.close()
    await this.#writer.close()
  }

  protected get sources(): readonly ConnectionSource[] {
    return [this.#writer, this.#readers]
  }

  protected sourceOf(readOnly: boolean = false): ConnectionSource {
    return readOnly ? this.#readers : this.#writer
  }

  protected send(api: string, statement: Sql): Promise<Result> {
    const { kind } = traitsOf(statement)
    this.refuseInside(api, this.sourceOf(kind === 'read'))
    this.#requireShared(api, statement)
    if (kind === 'alone' || kind === 'begin') {
      return this.#sendAlone(api, statement)
    }
    return this.log.observe(statement, () => this.#dispatch(api, statement, kind === 'read'))
  }

  protected async *open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    this.refuseInside(api, this.#readers)
    this.#requireShared(api, query)
    const worker = await this.#readers.claim()
    const connection = new SqliteConnection(worker, this.#readers === this.#writer)
    try {
      yield* connection.fetch(api, query, batch, (statement, act) =>
        this.log.observe(statement, act),
      )
      requireIdle(api, connection, 'Database.transaction')
    } finally {
      await connection.rollback()
      this.#readers.release(worker)
    }
  }

  protected copyOut(api: string): never {
    throw noCopy(api)
  }

  async borrow(api: string, readOnly: boolean = false): Promise<BorrowedSqlite> {
    this.refuseInside(api, this.sourceOf(readOnly))
    const dispatcher = readOnly ? this.#readers : this.#writer
    const worker = await dispatcher.claim()
    const connection = new SqliteConnection(worker, this.#readers === this.#writer)
    const guarded = readOnly && dispatcher === this.#writer
    const giveBack = async (): Promise<void> => {
      await connection.rollback()
      if (guarded) await shield(() => connection.script(api, 'pragma query_only = off'))
      dispatcher.release(worker)
    }
    try {
      if (guarded) await connection.script(api, 'pragma query_only = on')
    } catch (error) {
      await giveBack()
      throw error
    }
    return { connection, giveBack }
  }

  protected async reset(connection: SqliteConnection): Promise<void> {
    await connection.reset()
  }

  #requireShared(api: string, statement: Sql): void {
    if (this.#readers === this.#writer || !traitsOf(statement).isOfOneConnection) return
    throw new MisuseError(
      `${api}: only one connection would have it, and no other; use Database.session`,
    )
  }

  async #dispatch(api: string, statement: Sql, read: boolean): Promise<Result> {
    const text = statement.marked
    const values = encodeAll(statement.values)
    const run = (dispatcher: Dispatcher): Promise<Outcome> =>
      dispatcher.run(new Job(dispatcher, text, values))
    const outcome = await run(read ? this.#readers : this.#writer)
    // It only looked like a read.
    const again = read && 'errcode' in outcome && (outcome.errcode & 0xff) === readOnlyCode
    return resultOf(api, again ? await run(this.#writer) : outcome)
  }

  async #sendAlone(api: string, statement: Sql): Promise<Result> {
    const { connection, giveBack } = await this.borrow(api)
    try {
      const result = await this.log.observe(statement, () => connection.execute(api, statement))
      requireIdle(api, connection, 'Database.transaction')
      return result
    } finally {
      await giveBack()
    }
  }
}
