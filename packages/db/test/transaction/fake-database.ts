import assert from 'node:assert/strict'
import { isCancelled, Pool, shield, sleep } from 'corral'
import type { Database, DatabaseStats, Result, Sql } from '@corral/db'
import { EngineDatabase } from '../../src/engine-database.ts'
import { DatabaseError } from '../../src/errors.ts'
import { QueryLog } from '../../src/query-log.ts'
import { sql } from '../../src/sql/sql.ts'
import type { Borrowed, Connection, InTurn, OnCancel } from '../../src/transaction/connection.ts'
import type { ConnectionSource } from '../../src/transaction/borrowed.ts'

const nothing: Result = { columns: [], rows: [], count: 0 }

/** A connection without a server: it minds that it is used as a server wants it. */
class FakeConnection implements Connection {
  status: 'I' | 'T' | 'E' = 'I'
  alive = true
  readonly grace = 100
  #busy = false

  async execute(_api: string, { text }: Sql, onCancel: OnCancel = 'stop'): Promise<Result> {
    assert.equal(this.#busy, false, `two statements at once: ${text}`)
    assert.equal(this.alive, true, `on a dead connection: ${text}`)
    this.#busy = true
    try {
      const work = (): Promise<void> => sleep(text === 'slow' ? 10 : 1)
      await (onCancel === 'finish' ? shield(work) : work())
      this.#done(text)
      return nothing
    } catch (error) {
      // What was stopped has failed the transaction, as in PostgreSQL.
      if (isCancelled(error) && this.status === 'T') this.status = 'E'
      throw error
    } finally {
      this.#busy = false
    }
  }

  script(): Promise<Result> {
    return Promise.resolve(nothing)
  }

  leftover(): undefined {}

  begin(): Sql {
    return sql`begin`
  }

  // A batch of one, then nothing.
  async *fetch(api: string, query: Sql, _: number, inTurn: InTurn): AsyncGenerator<Result, void> {
    yield await inTurn(query, () => this.execute(api, query))
  }

  async rollback(): Promise<boolean> {
    await shield(async () => {
      if (this.alive && this.status !== 'I') await this.execute('rollback', sql`rollback`)
    })
    return this.alive
  }

  destroy(): Promise<void> {
    this.alive = false
    return Promise.resolve()
  }

  #done(text: string): void {
    if (text === 'broken') throw new DatabaseError('STATEMENT', 'it is broken')
    if (text === 'begin') {
      assert.equal(this.status, 'I', 'begin inside a transaction')
      this.status = 'T'
    } else if (text === 'commit' || text === 'rollback') {
      assert.notEqual(this.status, 'I', `${text} outside of a transaction`)
      this.status = 'I'
    } else if (text.startsWith('rollback to')) {
      assert.notEqual(this.status, 'I', 'a savepoint outside of a transaction')
      this.status = 'T'
    }
  }
}

/** The pool, the transactions and the sessions of the real ones, on connections without a server. */
export class FakeDatabase extends EngineDatabase implements Database {
  readonly engine = 'postgres'
  readonly connections: FakeConnection[] = []
  readonly #pool: Pool<FakeConnection>
  readonly #source: ConnectionSource

  constructor(max: number) {
    super(new QueryLog())
    this.#source = { max }
    this.#pool = new Pool<FakeConnection>({
      create: async () => {
        await sleep(1)
        const connection = new FakeConnection()
        this.connections.push(connection)
        return connection
      },
      destroy: (connection) => connection.destroy(),
      max,
    })
  }

  protected get sources(): readonly ConnectionSource[] {
    return [this.#source]
  }

  sourceOf(): ConnectionSource {
    return this.#source
  }

  async borrow(api: string): Promise<Borrowed> {
    this.refuseInside(api, this.#source)
    const lease = await this.#pool.acquire()
    assert.equal(lease.value.status, 'I', 'a connection was lent in a transaction')
    return {
      connection: lease.value,
      giveBack: async () => {
        if (await lease.value.rollback()) await lease[Symbol.asyncDispose]()
        else lease.discard()
      },
    }
  }

  stats(): DatabaseStats {
    const { size, available: idle, waiting } = this.#pool
    const { queries, errors, cancels, destroyed } = this.log
    return { size, idle, busy: size - idle, waiting, queries, errors, cancels, destroyed }
  }

  listen(): never {
    throw new Error('not here')
  }

  protected async shutDown(): Promise<void> {
    await this.#pool.drain()
  }

  protected reset(): Promise<void> {
    return Promise.resolve()
  }

  protected send(api: string, statement: Sql): Promise<Result> {
    return this.lend(api, (connection) => connection.execute(api, statement))
  }

  protected async *open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    const { connection, giveBack } = await this.borrow(api)
    try {
      yield* connection.fetch(api, query, batch, (_, act) => act())
    } finally {
      await giveBack()
    }
  }

  protected copyOut(): never {
    throw new Error('not here')
  }
}
