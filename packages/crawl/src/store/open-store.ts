import { SqliteStore } from './sqlite-store.ts'
import type { OpenDatabaseOptions } from './open-database.ts'
import type { Store } from './store.ts'
import type { UrlGraphOptions } from './url-graph.ts'

export interface StoreOptions extends OpenDatabaseOptions, UrlGraphOptions {}

/**
 * Opens the store of a crawl, or creates it: a file of SQLite, with one writer thread, or a database of PostgreSQL, which
 * several programs may crawl into, on several machines. Pages, links, failures and the queue of URLs change together, in
 * transactions that are durable when `commit` settles: whatever ends the process, opening it again goes on where it
 * stood. Anybody may read meanwhile. Of a file one crawl at a time may write it. Schema: docs/crawl.md.
 *
 * Cancellation: none of a file: opening takes milliseconds, or `lockTimeout` when another program has it locked. Of a
 * database: gives up.
 *
 * @param store a file, or `postgres://user:password@host/database`; `?schema=name` for another schema than `crawl`
 * @throws StoreError whose `code` says what is wrong with it; it is then as it was
 * @example
 * await using store = await openStore('crawl.db')
 * await store.seed(['http://a.test/'])
 */
export async function openStore(store: string, options: StoreOptions = {}): Promise<Store> {
  if (isPostgres(store)) {
    const { openPostgresStore } = await import('./postgres/open-postgres-store.ts')
    return await openPostgresStore(store, options)
  }
  const opened = new SqliteStore(store, options)
  await opened.open()
  return opened
}

/** Whether a store is named by the URL of a database. */
export function isPostgres(store: string): boolean {
  return /^postgres(ql)?:\/\//i.test(store)
}
