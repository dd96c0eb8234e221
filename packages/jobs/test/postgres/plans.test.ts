import { openPostgres, sql } from '@corral/db'
import type { Database, Transaction } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresDialect } from '../../src/postgres/postgres-dialect.ts'
import { claimFree, claimLimited } from '../../src/sql/claiming.ts'
import { schema } from '../../src/sql/schema.ts'
import { settleJobs } from '../../src/sql/settling.ts'
import type { ClaimedJob } from '../../src/store/records.ts'
import { fillJobs } from '../sql/fill-jobs.ts'

const backlog = 100_000
/** Claims in a row: from the sixth on a prepared statement may keep a plan that knows no values. */
const times = 8
const room = 10
/** Pages for each job that is claimed and settled: its indexes change, twice. One look at all jobs adds 200 to each. */
const mostPages = { free: 60, limited: 250 }

let postgres: TestPostgres | undefined
const opened: Database[] = []

beforeAll(async () => {
  postgres = await openTestPostgres()
}, 120_000)

afterAll(async () => {
  for (const db of opened) await db[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
}, 120_000)

/** Tables of their own, whose statistics nobody renews. */
async function tables(name: string): Promise<Database> {
  const url = new URL(postgres?.url ?? '')
  const admin = await openPostgres(url.href, { max: 1 })
  opened.push(admin)
  await admin.execute(sql`create schema ${sql.identifier(name)}`)
  url.searchParams.set('options', `-c search_path=${name}`)
  const db = await openPostgres(url.href.replaceAll('+', '%20'), { max: 1 })
  opened.push(db)
  for (const statement of schema('postgres')) await db.execute(sql.raw(statement))
  await db.execute(sql`alter table corral_job set (autovacuum_enabled = off)`)
  await db.execute(
    sql`insert into corral_job_worker (id, host, pid, lease) values ('me', 'here', 1, 15000)`,
  )
  return db
}

/** How many pages of the tables and their indexes a transaction has touched so far. */
async function pagesOf(tx: Transaction): Promise<number> {
  return Number(
    await tx.value(
      sql`select sum(pg_stat_get_xact_blocks_fetched(oid)) from pg_class
        where relnamespace = current_schema()::regnamespace`,
    ),
  )
}

type Claim = (tx: Transaction, claim: string) => Promise<readonly ClaimedJob[]>

const request = (claim: string) => ({
  worker: 'me',
  claim,
  sources: [{ kind: 'mail', queue: 'mail' }],
  room,
})
const free: Claim = (tx, claim) => claimFree(tx, postgresDialect, request(claim))
const limited: Claim = async (tx, claim) =>
  (await claimLimited(tx, postgresDialect, request(claim), new Map())).jobs

/** The most pages for one job, of all that are claimed, and done. */
async function mostOf(db: Database, claim: Claim): Promise<number> {
  return await db.transaction(async (tx) => {
    let most = 0
    for (let i = 0; i < times; i++) {
      const before = await pagesOf(tx)
      const jobs = await claim(tx, String(i))
      expect(jobs).toHaveLength(room)
      const common = { claim: String(i), to: 'done', refund: false, delay: 0, keep: 1000 } as const
      const rest = { result: '1', failures: undefined }
      const outcomes = jobs.map(({ id }) => ({ id, ...common, ...rest }))
      expect((await settleJobs(tx, postgresDialect, outcomes)).size).toBe(room)
      most = Math.max(most, ((await pagesOf(tx)) - before) / room)
    }
    return most
  })
}

const statistics: readonly (readonly [name: string, prepare: (db: Database) => Promise<void>])[] = [
  ['were never taken', async () => {}],
  ['are of empty tables', async (db) => void (await db.execute(sql`analyze corral_job`))],
  [
    'are of a time when all jobs were done',
    async (db) => {
      await fillJobs(db, backlog, 'done', sql`null`)
      await db.execute(sql`analyze corral_job`)
    },
  ],
]

describe('postgresStore, with 100 000 jobs that wait', () => {
  for (const [place, [name, prepare]] of statistics.entries()) {
    it(`claims and settles by the index when the planner's statistics ${name}`, async () => {
      const db = await tables(`free_${place}`)
      await prepare(db)
      await fillJobs(db, backlog, 'ready', sql`null`)
      expect(await mostOf(db, free)).toBeLessThan(mostPages.free)
    })

    it(`claims what limits allow by the index when they ${name}`, async () => {
      const db = await tables(`limited_${place}`)
      await prepare(db)
      await fillJobs(db, backlog, 'ready', sql`'tenant ' || i % 20`)
      expect(await mostOf(db, limited)).toBeLessThan(mostPages.limited)
    })
  }
})
