import { openPostgres, sql, type Database } from '@corral/db'
import { shield } from 'corral'
import type { StoreOptions } from '../open-store.ts'
import { StoreError } from '../store-error.ts'
import type { Store } from '../store.ts'
import { addressOf, type StoreAddress } from './address.ts'
import { postgresErrorOf } from './postgres-error.ts'
import { PostgresStore } from './postgres-store.ts'
import { migrations } from './schema.ts'

/** Opens the store in a database, and makes its tables where there are none. */
export async function openPostgresStore(store: string, options: StoreOptions): Promise<Store> {
  const address = addressOf(store)
  try {
    const db = await openPostgres(address.url, { max: 3, applicationName: 'corral crawl' })
    try {
      await makeSchema(db, address)
      const opened = new PostgresStore(address.shown, db, options)
      await opened.load()
      return opened
    } catch (error) {
      await shield(() => db.close())
      throw error
    }
  } catch (error) {
    throw postgresErrorOf(error, address.shown)
  }
}

async function makeSchema(db: Database, { schema, shown }: StoreAddress): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('corral crawl', 0))`)
    const there = await tx.value<boolean>(sql`select to_regnamespace(${schema}) is not null`)
    if (!there) await tx.execute(sql`create schema ${sql.identifier(schema)}`)
    const tables = await tx.query<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = ${schema}`,
    )
    const names = new Set(tables.map(({ name }) => name))
    if (names.size === 0 || names.has('corral_migration')) return
    throw new StoreError(
      'STORE_FOREIGN',
      shown,
      `schema ${schema} of ${shown} belongs to another program; name another one with ?schema=`,
    )
  })
  await db.migrate(migrations)
}
