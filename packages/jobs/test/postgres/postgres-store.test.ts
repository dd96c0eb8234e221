import { openPostgres, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { afterAll, beforeAll } from 'vitest'
import { postgresStore } from '../../src/postgres/postgres-store.ts'
import type { StoreFactory } from '../../src/index.ts'
import { capabilities } from '../../src/store/capability.ts'
import { jobsConformance } from '../conformance/jobs-conformance.ts'
import { storeConformance } from '../conformance/store-conformance.ts'

let postgres: TestPostgres | undefined
let admin: Database | undefined
let schemas = 0
const opened: Database[] = []

beforeAll(async () => {
  postgres = await openTestPostgres()
  admin = await openPostgres(postgres.url, { max: 1 })
}, 120_000)

afterAll(async () => {
  for (const db of opened) await db[Symbol.asyncDispose]()
  await admin?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
}, 120_000)

/** A schema of its own for each store, as a URL: it is made sooner than a database. */
async function freshUrl(): Promise<string> {
  if (postgres === undefined || admin === undefined) throw new Error('there is no server')
  const name = `jobs_${(schemas += 1)}`
  await admin.execute(sql`create schema ${sql.identifier(name)}`)
  const url = new URL(postgres.url)
  url.searchParams.set('options', `-c search_path=${name}`)
  return url.href.replaceAll('+', '%20')
}

/** Its workers show that they live by the event loop: a thread for each would take longer than the tests. */
function fresh(): StoreFactory {
  let url: Promise<string> | undefined
  return {
    name: 'postgresStore',
    async open() {
      url ??= freshUrl()
      const db = await openPostgres(await url, { idle: 100 })
      opened.push(db)
      return await postgresStore(db).open()
    },
  }
}

storeConformance('PostgreSQL', { fresh, capabilities })
jobsConformance('PostgreSQL', {
  fresh,
  capabilities,
  within: (fn) => fn(),
  async database() {
    const url = await freshUrl()
    const db = await openPostgres(url)
    return {
      db,
      factory: postgresStore(db, { url }),
      [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
    }
  },
})
