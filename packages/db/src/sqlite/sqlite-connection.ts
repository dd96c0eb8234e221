import { isCancelled, shield } from 'corral'
import type { TransactionOptions } from '../database.ts'
import { DatabaseError } from '../errors.ts'
import type { Result } from '../executor.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection, InTurn, OnCancel } from '../transaction/connection.ts'
import { encodeAll } from './encode.ts'
import { Job } from './job.ts'
import { sqliteError } from './sqlite-error.ts'
import type { SqliteWorker } from './sqlite-worker.ts'
import { traitsOf } from './statement-traits.ts'
import type { Outcome } from './worker/protocol.ts'

const deferred: Sql = sql`begin`
const immediate: Sql = sql`begin immediate`
const rollback: Sql = sql`rollback`

let opened = 0

/** A worker reserved by one borrower. */
export class SqliteConnection implements Connection {
  /** A thread cannot end before its statement: waiting for that is no worse. */
  readonly grace: number = Infinity
  readonly #worker: SqliteWorker
  readonly #isOnlyOne: boolean
  /** What loops over streams read, and loops that nobody ended would go on reading. */
  readonly #cursors = new Set<number>()

  /** @param isOnlyOne the database has no other, nor will it have another */
  constructor(worker: SqliteWorker, isOnlyOne: boolean) {
    this.#worker = worker
    this.#isOnlyOne = isOnlyOne
  }

  get status(): 'I' | 'T' {
    return this.#worker.inTransaction ? 'T' : 'I'
  }

  get alive(): boolean {
    return this.#worker.alive
  }

  async execute(api: string, statement: Sql, onCancel?: OnCancel): Promise<Result> {
    const job = new Job(this.#worker, statement.marked, encodeAll(statement.values))
    this.#requireAlive(api)
    this.#worker.send('alone', [job])
    return await this.#result(api, job, onCancel)
  }

  async script(api: string, text: string): Promise<Result> {
    this.#requireAlive(api)
    return await this.#result(api, this.#worker.ask({ op: 'script', text: sql.raw(text).marked }))
  }

  leftover(statement: Sql): string | undefined {
    if (this.#isOnlyOne || !traitsOf(statement).isOfOneConnection) return undefined
    return 'use the transaction of a Database.session'
  }

  /** The writer takes its lock at once: taken later, it could fail when it is too late to wait. */
  begin({ readOnly = false }: TransactionOptions): Sql {
    return readOnly ? deferred : immediate
  }

  async *fetch(
    api: string,
    query: Sql,
    batch: number,
    inTurn: InTurn,
  ): AsyncGenerator<Result, void> {
    const cursor = (opened += 1)
    const worker = this.#worker
    const text = query.marked
    const values = encodeAll(query.values)
    const ask = (request: Parameters<SqliteWorker['ask']>[0]) => async (): Promise<Result> => {
      this.#requireAlive(api)
      return await this.#result(api, worker.ask(request))
    }
    this.#cursors.add(cursor) // cancelled while it is opened, it may be open
    try {
      await inTurn(query, ask({ op: 'cursor', cursor, text, values }))
      for (;;) {
        const next = { text: `fetch ${batch}` }
        const result = await inTurn(next, ask({ op: 'fetch', cursor, batch }))
        if (result.rows.length > 0) yield result
        if (result.rows.length < batch) break
      }
    } finally {
      await shield(() => this.#close(cursor))
    }
  }

  rollback(): Promise<boolean> {
    return shield(async () => {
      await this.#closeAll()
      if (!this.alive) return false
      if (this.status === 'T') await this.execute('rollback', rollback).catch(unlessCancelled)
      return this.alive && this.status === 'I'
    })
  }

  /** Resets what was set for this connection alone. Run under a shield. */
  async reset(): Promise<void> {
    await this.#closeAll()
    if (!this.alive) return
    const outcome = await this.#worker.outcomeOf(this.#worker.ask({ op: 'reset' }))
    if ('errcode' in outcome) await this.destroy()
  }

  async destroy(): Promise<void> {
    await this.#worker.end()
  }

  async #closeAll(): Promise<void> {
    for (const cursor of this.#cursors) await this.#close(cursor)
  }

  async #close(cursor: number): Promise<void> {
    if (!this.#cursors.delete(cursor) || !this.alive) return
    await this.#worker.ask({ op: 'close-cursor', cursor }).ended()
  }

  async #result(api: string, job: Job, onCancel?: OnCancel): Promise<Result> {
    let outcome: Outcome
    try {
      outcome = await this.#worker.outcomeOf(job, onCancel)
    } catch (error) {
      if (isCancelled(error)) throw error
      throw lost(api, error)
    }
    return resultOf(api, outcome)
  }

  #requireAlive(api: string): void {
    if (!this.alive) throw lost(api, undefined)
  }
}

/** @throws DatabaseError */
export function resultOf(api: string, outcome: Outcome): Result {
  if ('errcode' in outcome) throw sqliteError(api, outcome)
  return outcome
}

function lost(api: string, cause: unknown): DatabaseError {
  return new DatabaseError('CONNECTION_LOST', `${api}: the worker of SQLite has ended`, { cause })
}

function unlessCancelled(error: unknown): void {
  if (isCancelled(error)) throw error // otherwise its status tells the outcome
}
