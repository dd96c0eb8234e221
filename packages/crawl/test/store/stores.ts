import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres, type TestPostgres } from '@corral/db/testing'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { openReader, type StoreReading } from '../../src/store/open-reader.ts'
import { isPostgres, openStore, type StoreOptions } from '../../src/store/open-store.ts'
import type { FrontierEntry, Outcome, StoreCounts } from '../../src/store/outcome.ts'
import { addressOf } from '../../src/store/postgres/address.ts'
import type { Store } from '../../src/store/store.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A kind of store: what holds of one holds of the other. */
export interface StoreKind {
  readonly name: string
  /** What a new one is called. */
  newStore(): string
}

/** Every kind of store, for `describe.each`. */
export function storeKinds(): StoreKind[] {
  let postgres: TestPostgres | undefined
  let schemas = 0
  beforeAll(async () => {
    postgres = await openTestPostgres()
  }, 60_000)
  afterAll(async () => await postgres?.[Symbol.asyncDispose]())
  return [
    { name: 'a file', newStore: () => join(temporaryDirectory(), 'crawl.db') },
    { name: 'PostgreSQL', newStore: () => `${postgres?.url}?schema=crawl_${++schemas}` },
  ]
}

/** Opens a store for one test. */
export async function openFor(name: string, options?: StoreOptions): Promise<Store> {
  const store = await openStore(name, options)
  onTestFinished(async () => await store.close())
  return store
}

/** All rows that a reader gives. */
export async function readAll<T>(
  name: string,
  rows: (reader: StoreReading) => Iterable<T> | AsyncIterable<T>,
): Promise<T[]> {
  await using reader = await openReader(name)
  const all: T[] = []
  for await (const row of rows(reader)) all.push(row)
  return all
}

/** A store whose changes give its counts. */
export class Counting implements AsyncDisposable {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  counts(): StoreCounts {
    return this.#store.counts
  }

  async seed(urls: readonly string[]): Promise<StoreCounts> {
    await this.#store.seed(urls)
    return this.counts()
  }

  async seedSitemaps(urls: readonly string[], before: number): Promise<StoreCounts> {
    await this.#store.seedSitemaps(urls, before)
    return this.counts()
  }

  async refresh(before: number): Promise<StoreCounts> {
    await this.#store.refresh(before)
    return this.counts()
  }

  async retryFailed(): Promise<StoreCounts> {
    await this.#store.retryFailed()
    return this.counts()
  }

  async commit(outcomes: readonly Outcome[]): Promise<StoreCounts> {
    await this.#store.commit(outcomes)
    return this.counts()
  }

  async claim(limit: number, perOrigin: number): Promise<FrontierEntry[]> {
    return await this.#store.claim(limit, perOrigin)
  }

  async close(): Promise<void> {
    await this.#store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Opens a store for one test. */
export async function openCounting(name: string, options?: StoreOptions): Promise<Counting> {
  return new Counting(await openFor(name, options))
}

/** What a statement finds in a store of either kind. */
export async function rowsOf(name: string, statement: string): Promise<unknown[]> {
  if (!isPostgres(name)) {
    using file = new DatabaseSync(name, { readOnly: true })
    return file
      .prepare(statement)
      .all()
      .map((row) => ({ ...row }))
  }
  await using db = await openPostgres(addressOf(name).url)
  const rows = await db.query(sql.raw(statement))
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === 'bigint' ? Number(value) : value,
      ]),
    ),
  )
}
