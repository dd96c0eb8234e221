import { ClosedError, Event, MisuseError, Pool, shield } from 'corral'
import type { PoolLease } from 'corral'
import { refuse } from 'corral/lowlevel'
import { closed } from '../closed.ts'
import type { DatabaseStats, Notification } from '../database.ts'
import { EngineDatabase } from '../engine-database.ts'
import type { Result } from '../executor.ts'
import { QueryLog } from '../query-log.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import { copyOut } from '../transaction/copy.ts'
import type { ConnectionSource } from '../transaction/borrowed.ts'
import { requireIdle } from '../transaction/require-idle.ts'
import { connect } from './connect.ts'
import { explainSlow } from './explain.ts'
import type { Runner } from './explain.ts'
import { traitsOf } from './statement-traits.ts'
import { listen } from './listen.ts'
import type { Listeners } from './listen.ts'
import { Pipeline } from './pipeline.ts'
import type { BorrowedPostgres } from './pipeline.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import type { PostgresSettings } from './options.ts'

const begin: Sql = sql`begin`
const commit: Sql = sql`commit`

/** A pool of connections. A borrowed one comes back idle and rolled back, or not at all. */
export class PostgresDatabase extends EngineDatabase {
  readonly engine = 'postgres'
  readonly #settings: PostgresSettings
  readonly #pool: Pool<PostgresConnection>
  readonly #pipeline: Pipeline | undefined
  readonly #listeners: Listeners = { closed: new Event(), connections: new Set() }

  /** @param open how it connects */
  constructor(settings: PostgresSettings, open: typeof connect = connect) {
    const log = new QueryLog(settings.onQuery)
    super(log)
    this.#settings = settings
    const { max, min, idle } = settings
    this.#pool = new Pool<PostgresConnection>({
      create: () => open(settings, log),
      destroy: (connection) => connection.close(),
      max,
      min,
      idle,
      name: 'postgres',
      // A connection opened for a caller that gave up: there is nobody to report to.
      onError: () => void (log.errors += 1),
    })
    if (settings.pipeline) this.#pipeline = this.#makePipeline()
  }

  /** Connects once. */
  async probe(): Promise<void> {
    await (await this.borrow('openPostgres')).giveBack()
  }

  stats(): DatabaseStats {
    const { size, available, waiting } = this.#pool
    const { queries, errors, cancels, destroyed } = this.log
    const idle = available + (this.#pipeline?.idle ?? 0)
    const inLine = waiting + (this.#pipeline?.waiting ?? 0)
    return { size, idle, busy: size - idle, waiting: inLine, queries, errors, cancels, destroyed }
  }

  async *listen(...channels: readonly string[]): AsyncGenerator<Notification, void> {
    if (channels.length === 0) refuse('Database.listen: channel', 'given', undefined)
    for (const channel of channels) {
      // Longer, PostgreSQL would cut it off.
      if (typeof channel !== 'string' || channel === '' || Buffer.byteLength(channel) > 63) {
        refuse('Database.listen: channel', 'text of 1 to 63 bytes', channel)
      }
    }
    yield* listen(channels, this.#settings, this.log, this.#listeners)
  }

  protected async shutDown(): Promise<void> {
    this.#listeners.closed.set()
    this.#pipeline?.close()
    for (const connection of this.#listeners.connections) await shield(() => connection.close())
    await this.#pool.drain()
  }

  protected get sources(): readonly ConnectionSource[] {
    return [this.#settings]
  }

  protected sourceOf(): ConnectionSource {
    return this.#settings
  }

  protected async send(api: string, statement: Sql): Promise<Result> {
    this.refuseInside(api, this.#settings)
    const { leftover, isQuery } = traitsOf(statement)
    if (leftover !== 'none') {
      throw new MisuseError(
        `${api}: it would change one connection of the pool, for whoever gets it next; use Database.session`,
      )
    }
    const pipeline = this.#pipeline
    if (pipeline !== undefined && isQuery) {
      return await this.#observe(pipeline, api, statement)
    }
    const lease = await this.#borrow()
    const connection = lease.value
    try {
      const result = await this.#observe(connection, api, statement)
      requireIdle(api, connection, 'Database.transaction')
      return result
    } finally {
      if (connection.alive && connection.status === 'I') void lease[Symbol.asyncDispose]()
      else await this.#giveBack(lease)
    }
  }

  #observe(runner: Runner, api: string, statement: Sql): Promise<Result> {
    const { explainAfter } = this.#settings
    return this.log.observe(statement, () =>
      explainAfter === Infinity
        ? runner.execute(api, statement)
        : explainSlow(runner, api, statement, explainAfter),
    )
  }

  protected async *open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    this.refuseInside(api, this.#settings)
    const lease = await this.#borrow()
    const connection = lease.value
    try {
      await this.log.observe(begin, () => connection.execute(api, begin))
      yield* connection.fetch(api, query, batch, (statement, act) =>
        this.log.observe(statement, act),
      )
      await this.log.observe(commit, () => connection.execute(api, commit, 'finish'))
    } finally {
      await this.#giveBack(lease)
    }
  }

  protected async *copyOut(api: string, query: Sql): AsyncGenerator<Uint8Array, void> {
    this.refuseInside(api, this.#settings)
    const lease = await this.#borrow()
    try {
      yield* copyOut(lease.value, api, query)
    } finally {
      await this.#giveBack(lease)
    }
  }

  async borrow(api: string): Promise<BorrowedPostgres> {
    this.refuseInside(api, this.#settings)
    return await this.#lend()
  }

  async #lend(): Promise<BorrowedPostgres> {
    const lease = await this.#borrow()
    return {
      connection: lease.value,
      giveBack: async () => {
        const { alive, status } = lease.value
        if (alive && status === 'I') await lease[Symbol.asyncDispose]()
        else await this.#giveBack(lease)
      },
    }
  }

  protected async reset(connection: PostgresConnection): Promise<void> {
    await connection.reset()
  }

  async #borrow(): Promise<PoolLease<PostgresConnection>> {
    try {
      for (;;) {
        const lease = await this.#pool.acquire()
        if (lease.value.alive) return lease
        lease.discard() // the server closed it while it was idle
      }
    } catch (error) {
      throw error instanceof ClosedError ? closed() : error
    }
  }

  #makePipeline(): Pipeline {
    const [pool, { max, shapes }] = [this.#pool, this.#settings]
    const lender = {
      borrow: () => this.#lend(),
      get room() {
        return max - pool.size + pool.available
      },
      get waiting() {
        return pool.waiting
      },
    }
    return new Pipeline(lender, shapes)
  }

  async #giveBack(lease: PoolLease<PostgresConnection>): Promise<void> {
    if (await lease.value.rollback()) void lease[Symbol.asyncDispose]()
    else lease.discard()
  }
}
