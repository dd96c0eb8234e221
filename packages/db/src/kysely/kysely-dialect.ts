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
 * Kysely as the builder of queries, on a database of ours: they are cancelled as ours are. Closing stays with the database.
 *
 * A query outside a transaction takes whichever connection is free; so what is to share one goes into a
 * transaction, or into `Database.session`.
 *
 * @param db of `openPostgres` or `openSqlite`
 * @throws MisuseError for something else
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
    createAdapter: () => (postgres ? new PostgresAdapter() : new SqliteAdapter()),
    createQueryCompiler: () => (postgres ? new PostgresQueryCompiler() : new SqliteQueryCompiler()),
    createIntrospector: (kysely) =>
      postgres ? new PostgresIntrospector(kysely) : new SqliteIntrospector(kysely),
  }
}
