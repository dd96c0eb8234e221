// npm run bench:db:chaos [-- --seconds 60]: what goes wrong with a server, under 50 queries a second, and with SQLite's file. Writes bench/results/db-chaos.md.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DatabaseError, openPostgres, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import type { TestPostgres } from '@corral/db/testing'
import { isCancelled, moveOnAfter, run, sleep, spawn, supervisor, taskGroup } from 'corral'
import { streamed } from '../streamed.ts'
import { shutRoute } from './routes.ts'
import { sqliteRows } from './sqlite.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } })
/** How long the pool is exhausted, in milliseconds. */
const exhausted = Number(values.seconds) * 1000

interface Load {
  /** Error codes, and how often. */
  readonly codes: Map<string, number>
  readonly done: number[]
}

/** 50 queries a second, each in a task of its own, whatever becomes of them. */
async function load(db: Database, { codes, done }: Load): Promise<void> {
  await supervisor(
    async (group) => {
      for (let i = 0; ; i++) {
        group.spawn(async () => {
          const value = await db.value(sql`select ${i}::int`)
          codes.set(
            value === i ? 'right' : 'wrong',
            (codes.get(value === i ? 'right' : 'wrong') ?? 0) + 1,
          )
          done.push(performance.now())
        })
        await sleep(20)
      }
    },
    {
      onError(error) {
        const code = error instanceof DatabaseError ? error.code : String(error)
        codes.set(code, (codes.get(code) ?? 0) + 1)
      },
    },
  )
}

/** Milliseconds from `since` until a second had 25 right answers or more. */
function backAfter({ done }: Load, since: number): number {
  const after = done.filter((at) => at > since)
  for (const [i, at] of after.entries()) {
    if ((after[i + 24] ?? Infinity) - at < 1000) return at - since
  }
  return Infinity
}

const rows: string[] = []

interface Fault {
  readonly name: string
  readonly max?: number
  readonly grace?: number
  /** Gives when all was well again, and what the query got that the fault was for. */
  act(
    server: TestPostgres,
    observer: () => Promise<Database>,
    db: Database,
  ): Promise<{ readonly since: number; readonly own?: string }>
}

async function under({ name, max = 5, grace = 300, act }: Fault): Promise<void> {
  await using server = await openTestPostgres({ url: '' })
  const state: Load = { codes: new Map(), done: [] }
  await using db = await openPostgres(server.url, { max, grace, applicationName: 'chaos' })
  let [since, own] = [0, '']
  await taskGroup(async (group) => {
    const queries = group.spawn(() => load(db, state))
    await sleep(1000)
    ;({ since, own = '' } = await act(server, () => openPostgres(server.url, { max: 2 }), db))
    await sleep(3000)
    queries.cancel()
  })
  await using observer = await openPostgres(server.url, { max: 1 })
  const count = sql`select count(*)::int from pg_stat_activity where application_name = 'chaos'`
  const left = await observer.value<number>(count)
  const codes = [...state.codes].map(([code, times]) => `${code} ${times}`).join(', ')
  const back = backAfter(state, since).toFixed(0)
  rows.push(`| ${name} | ${own}${codes} | ${back} ms | ${left} of ${db.stats().size} |`)
  console.log(rows.at(-1))
}

const pids = (query: string) =>
  sql`select pid from pg_stat_activity where application_name = 'chaos' and query like ${query}`

/** Runs `work` on a connection, ends its backend, and gives the code of its error. */
function terminated(name: string, query: string, work: (db: Database) => Promise<unknown>): Fault {
  return {
    name,
    async act(_, observe, db) {
      await using observer = await observe()
      const working = spawn(async () => {
        try {
          await work(db)
          return 'no error'
        } catch (error) {
          if (isCancelled(error)) throw error
          return (error as { code: string }).code
        }
      })
      let found: { pid: number }[] = []
      while (found.length === 0) {
        await sleep(10)
        found = await observer.query<{ pid: number }>(pids(query))
      }
      for (const { pid } of found) {
        await observer.query(sql`select pg_terminate_backend(${pid}::int)`)
      }
      const since = performance.now()
      const code = await moveOnAfter(10_000, () => working)
      if (code.timedOut) working.cancel()
      return { since, own: `its own: ${code.timedOut ? 'no end' : code.value}; others: ` }
    },
  }
}

async function* slowRows(): AsyncGenerator<[number]> {
  for (let i = 0; ; i++) {
    yield [i]
    await sleep(50)
  }
}

const faults: readonly Fault[] = [
  {
    name: 'the server ends as in a crash, and is back after a second',
    async act(server) {
      await server.stop()
      await sleep(1000)
      await server.start()
      return { since: performance.now() }
    },
  },
  terminated('backend terminated: running', '%pg_sleep(601%', (db) =>
    db.query(sql`select pg_sleep(601)`),
  ),
  terminated('backend terminated: idle in a transaction', '%as idling%', (db) =>
    db.transaction(async (tx) => {
      await tx.query(sql`select 1 as idling`)
      await sleep(500)
      await tx.query(sql`select 2`)
    }),
  ),
  terminated('backend terminated: streaming', '%corral_%', async (db) => {
    for await (const _ of db.stream(sql`select generate_series(1, 100000000)`, { batch: 10 })) {
      await sleep(1)
    }
  }),
  terminated('backend terminated: copying in', 'copy chaos_sink%', async (db) => {
    await db.execute(sql`create table chaos_sink (id int)`)
    await db.copyFrom(sql`copy chaos_sink from stdin`, slowRows())
  }),
  terminated('backend terminated: in a session', '%as reserved%', (db) =>
    db.session(async (session) => {
      await session.query(sql`select 1 as reserved`)
      await sleep(500)
      await session.query(sql`select 2`)
    }),
  ),
  {
    name: 'every backend terminated, ten times',
    async act(_, observe) {
      await using observer = await observe()
      for (let i = 0; i < 10; i++) {
        await observer.query(
          sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chaos'`,
        )
        await sleep(100)
      }
      return { since: performance.now() }
    },
  },
  {
    name: 'a backend is frozen (SIGSTOP) under a query that is cancelled',
    async act(_, observe, db) {
      await using observer = await observe()
      const frozen = spawn(() => moveOnAfter(600, () => db.query(sql`select pg_sleep(602)`)))
      let pid = 0
      while (pid === 0) {
        await sleep(10)
        pid = (await observer.maybeOne<{ pid: number }>(pids('%pg_sleep(602%')))?.pid ?? 0
      }
      process.kill(pid, 'SIGSTOP')
      await frozen
      const since = performance.now()
      process.kill(pid, 'SIGCONT')
      return { since }
    },
  },
  {
    name: `the pool is exhausted for ${exhausted / 1000} s by slow queries`,
    max: 2,
    async act(_, __, db) {
      await taskGroup(async (group) => {
        for (let i = 0; i < 2; i++) {
          group.spawn(() => moveOnAfter(exhausted, () => db.query(sql`select pg_sleep(603)`)))
        }
      })
      return { since: performance.now() }
    },
  },
]

/** What asks the server to stop does not get through: the connection is given up after the grace. */
async function unreachable(): Promise<void> {
  await using route = await shutRoute()
  await using db = await openPostgres(route.url, { max: 1, grace: 300, applicationName: 'chaos' })
  await using observer = await openPostgres(route.direct, { max: 1 })
  await db.value(sql`select 1`)
  route.shut()
  const since = performance.now()
  const cancelled = await moveOnAfter(100, () => db.query(sql`select pg_sleep(2)`))
  const ms = performance.now() - since - 100
  const { destroyed } = db.stats()
  await sleep(2500)
  const left = await observer.value<number>(
    sql`select count(*)::int from pg_stat_activity where application_name = 'chaos'`,
  )
  const said = `cancelled ${cancelled.timedOut ? 1 : 0}, connections destroyed ${destroyed}`
  rows.push(
    `| the port for cancel requests cannot be reached, grace 300 ms | ${said} | gave up after ${ms.toFixed(0)} ms | ${left} of ${db.stats().size} |`,
  )
  console.log(rows.at(-1))
}

/** A million rows pass by; then a loop is left early: no cursor and no transaction stays open. */
async function streams(): Promise<string> {
  await using server = await openTestPostgres({ url: '' })
  const folder = await mkdtemp(join(tmpdir(), 'corral-chaos-'))
  const table = await streamed(server.url, join(folder, 'a.db'))
  await using db = await openPostgres(server.url, { max: 1, applicationName: 'chaos' })
  let seen = 0
  for await (const _ of db.stream(sql`select generate_series(1, 1000000)`)) {
    seen += 1
    if (seen === 1000) break
  }
  // The unnamed one is that of this statement.
  const cursors = await db.value<number>(sql`select count(*)::int from pg_cursors where name <> ''`)
  await using observer = await openPostgres(server.url, { max: 1 })
  const open = await observer.value<number>(
    sql`select count(*)::int from pg_stat_activity where application_name = 'chaos' and state <> 'idle'`,
  )
  await rm(folder, { recursive: true })
  return `${table}\n\nLeft after ${seen} rows: ${cursors} cursors open, ${open} connections busy at the server, ${db.stats().destroyed} destroyed.`
}

await run(async () => {
  for (const fault of faults) await under(fault)
  await unreachable()
  const lite = await sqliteRows()
  const million = await streams()
  const page = `# What goes wrong with a server

\`npm run bench:db:chaos\`, ${new Date().toISOString().slice(0, 10)}. 50 queries a second meanwhile, each in a task of its own; the process lives. What each of them got, how long after the
server took connections again a second had half of them, and how many connections the server counts at the end, beside what the pool says.

| fault | what the queries got | back after | connections |
| --- | --- | --- | --- |
${rows.join('\n')}

## SQLite

| fault | what came of it | afterwards |
| --- | --- | --- |
${lite.join('\n')}

${million}
`
  console.log(page)
  await writeFile(new URL('../../results/db-chaos.md', import.meta.url), page)
})
