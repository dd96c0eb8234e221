import {
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Dialect } from 'kysely'
import { refuse } from 'corral/lowlevel'
import type { Database } from '../database.ts'
import { EngineDatabase } from '../engine-database.ts'
import { KyselyDriver } from './kysely-driver.ts'

/**
 * Kysely as the query builder on a corral database: its queries are cancelled like any other. The database is closed by
 * its owner.
 *
 * A query outside a transaction uses whichever connection is free; statements that must share one belong in a
 * transaction or in `Database.session`.
 *
 * @param db of `openPostgres` or `openSqlite`
 * @throws MisuseError for anything else
 * @example
 * const kysely = new Kysely<Tables>({ dialect: kyselyDialect(db) })
 * const users = await kysely.selectFrom('users').select('name').where('id', '=', 1).execute()
 * @see https://kysely.dev
 */
export function kyselyDialect(db: Database): Dialect {
  if (!(db instanceof EngineDatabase)) {
    refuse('kyselyDialect: db', 'what openPostgres or openSqlite gives', db)
  }
  const postgres = db.engine === 'postgres'
  return {
    createDriver: () => new KyselyDriver(db),
    createAdapter: () => (postgres ? new PostgresAdapter() : new ConcurrentSqliteAdapter()),
    createQueryCompiler: () => (postgres ? new PostgresQueryCompiler() : new SqliteQueryCompiler()),
    createIntrospector: (kysely) =>
      postgres ? new PostgresIntrospector(kysely) : new SqliteIntrospector(kysely),
  }
}

/** Kysely's own lets one query run at a time, and waits for the others where no cancellation reaches. */
class ConcurrentSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
