import { openSqlite, sql } from '@corral/db'
import type { Database, Executor, Sql } from '@corral/db'
import { run } from 'corral'
import { describe, expect, it } from 'vitest'
import { sqliteDialect } from '../../src/sqlite/sqlite-dialect.ts'
import { claimFree, claimLimited } from '../../src/sql/claiming.ts'
import { schema } from '../../src/sql/schema.ts'
import { settleJobs } from '../../src/sql/settling.ts'
import { fillJobs } from '../sql/fill-jobs.ts'

const backlog = 5000

async function tables(): Promise<Database> {
  const db = await openSqlite(':memory:')
  for (const statement of schema('sqlite')) await db.execute(sql.raw(statement))
  await db.execute(
    sql`insert into corral_job_worker (id, host, pid, lease) values ('me', 'here', 1, 15000)`,
  )
  return db
}

/** Passes statements on, and notes how each goes over the jobs. */
function noting(db: Executor, steps: string[]): Executor {
  return new Proxy(db, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (statement: Sql) => {
        const plan = await db.query<{ detail: string }>(sql`explain query plan ${statement}`)
        steps.push(...plan.map(({ detail }) => detail))
        return (await Reflect.apply(method, target, [statement])) as unknown
      }
    },
  })
}

const request = { worker: 'me', sources: [{ kind: 'mail', queue: 'mail' }], room: 10 }

/** Claims and settles, and tells how the statements went over the jobs. */
async function walk(db: Database, limited: boolean): Promise<readonly string[]> {
  const steps: string[] = []
  await db.transaction(async (tx) => {
    const watched = noting(tx, steps)
    const claimed = { ...request, claim: 'one' }
    const jobs = limited
      ? (await claimLimited(watched, sqliteDialect, claimed, new Map())).jobs
      : await claimFree(watched, sqliteDialect, claimed)
    expect(jobs).toHaveLength(10)
    const common = { claim: 'one', to: 'done', refund: false, delay: 0, keep: 1000 } as const
    const outcomes = jobs.map(({ id }) => ({ id, ...common, result: '1', failures: undefined }))
    expect((await settleJobs(watched, sqliteDialect, outcomes)).size).toBe(10)
  })
  return steps
}

const statistics: readonly (readonly [name: string, prepare: (db: Database) => Promise<void>])[] = [
  ['were never taken', async () => {}],
  ['are of empty tables', async (db) => void (await db.execute(sql`analyze`))],
  [
    'are of a time when all jobs were done',
    async (db) => {
      await fillJobs(db, backlog, 'done', sql`null`)
      await db.execute(sql`analyze`)
    },
  ],
]

describe('sqliteStore', () => {
  for (const [name, prepare] of statistics) {
    for (const [which, key, limited] of [
      ['what is ready', sql`null`, false],
      ['what limits allow', sql`'tenant ' || i % 20`, true],
    ] as const) {
      it(`claims ${which}, and settles, by the index when the planner's statistics ${name}`, () =>
        run(async () => {
          await using db = await tables()
          await prepare(db)
          await fillJobs(db, backlog, 'ready', key)
          const steps = await walk(db, limited)
          expect(steps.some((step) => step.startsWith('SEARCH corral_job USING INTEGER'))).toBe(
            true,
          )
          expect(steps.filter((step) => /^SCAN (corral_job|j)\b/.test(step))).toEqual([])
        }))
    }
  }

  it('keeps to it when jobs were ready, and none running, as the file was closed', () =>
    run(async () => {
      await using db = await tables()
      await fillJobs(db, backlog, 'ready', sql`null`)
      await db.execute(sql`analyze`)
      const steps = await walk(db, false)
      expect(steps.filter((step) => /^SCAN (corral_job|j)\b/.test(step))).toEqual([])
    }))
})
