import { isCancelled, moveOnAfter, sleep } from 'corral'
import { openPostgres, sql } from '@corral/db'
import type { Database, PostgresOptions } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { afterAll, beforeAll } from 'vitest'

/** A server for the tests of a file, and a look at it from outside of what is tested. */
export interface Served {
  readonly postgres: TestPostgres
  /** What a test's own connections are doing: those of `name`. */
  active(name: string): Promise<string[]>
  /** How many connections of that name there are. */
  count(name: string): Promise<number>
  observer: Database
  open(options?: PostgresOptions): Promise<Database>
}

/** What the tests of a file share: a server, or a database on the one of CORRAL_PG_URL, unless it must be `own`. */
export function serve({ own = false } = {}): Served {
  let postgres: TestPostgres | undefined
  const served: Served = {
    get postgres(): TestPostgres {
      if (postgres === undefined) throw new Error('the server runs only during tests')
      return postgres
    },
    observer: undefined as unknown as Database,
    open: (options) => openPostgres(served.postgres.url, options),
    async active(name) {
      const rows = await served.observer.query<{ query: string }>(
        sql`select query from pg_stat_activity where application_name = ${name} and state <> 'idle'`,
      )
      return rows.map((row) => row.query)
    },
    async count(name) {
      const number = sql`select count(*)::int from pg_stat_activity where application_name = ${name}`
      return await served.observer.value<number>(number)
    },
  }
  beforeAll(async () => {
    postgres = await openTestPostgres(own ? { url: '' } : {})
    served.observer = await openPostgres(postgres.url, { applicationName: 'observer' })
  }, 120_000)
  afterAll(async () => {
    await served.observer[Symbol.asyncDispose]()
    await postgres?.[Symbol.asyncDispose]()
  }, 120_000)
  return served
}

/** Waits until it holds; the test's own limit of time ends a wait in vain. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(2)
}

/** Keeps this process from whatever it has to do. */
export function stall(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** The error that it throws. */
export async function failure(
  fn: () => Promise<unknown>,
): Promise<{ code: string; message: string }> {
  try {
    await fn()
  } catch (error) {
    if (isCancelled(error)) throw error
    return error as { code: string; message: string }
  }
  throw new Error('it did not throw')
}

/** Cancels `fn` when `when` holds, or after a while. */
export async function cutShort(ms: number, fn: () => Promise<unknown>): Promise<boolean> {
  return (await moveOnAfter(ms, fn)).timedOut
}
