// npm run bench:db:abort [-- --times 1000]: a cancellation at any moment of every phase, over every route. After each it is looked
// whether anything is active at the server, and whether the next one gets what it asked for. Writes bench/results/db-abort.md.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openPostgres, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { CancelScope, Event, moveOnAfter, run, sleep, taskGroup } from 'corral'
import { pgbouncerRoute, plainRoute, tlsRoute } from './routes.ts'
import type { Route } from './routes.ts'

const { values } = parseArgs({ options: { times: { type: 'string', default: '1000' } } })
const times = Number(values.times)

type Phase = (db: Database, url: string, observer: Database) => Promise<unknown>

const short = (): number => Math.random() * 4
const nap = () => sql`select pg_sleep(${short() / 1000})`

async function* slowRows(): AsyncGenerator<[number]> {
  for (let i = 0; i < 4; i++) {
    yield [i]
    await sleep(short() / 4)
  }
}

const phases: Readonly<Record<string, Phase>> = {
  queued: (db) =>
    taskGroup(async (group) => {
      for (let i = 0; i < 4; i++) group.spawn(() => db.query(nap()))
    }),
  connecting: async (_, url) => {
    await using own = await openPostgres(url, { applicationName: 'abort' })
    return await own.value(sql`select 1`)
  },
  running: (db) => db.query(nap()),
  'in the line of a lock': async (db, _, observer) => {
    const held = new Event()
    await taskGroup(async (group) => {
      group.spawn(() =>
        observer.transaction(async (tx) => {
          await tx.execute(sql`lock table locked`)
          held.set()
          await sleep(short())
        }),
      )
      await held.wait()
      await db.query(sql`select * from locked`)
    })
  },
  streaming: async (db) => {
    const rows = sql`select i, pg_sleep(0.0002) from generate_series(1, 20) i`
    for await (const _ of db.stream(rows, { batch: 4 }));
  },
  'copy in': async (db) => {
    await db.copyFrom(sql`copy kept from stdin`, slowRows())
  },
  'copy out': async (db) => {
    const rows = sql`copy (select i, repeat('x', 1000) from generate_series(1, 3000) i) to stdout`
    for await (const _ of db.copyTo(rows));
  },
  'in a transaction': (db) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into kept values (1)`)
      await tx.query(nap())
      await tx.transaction((inner) => inner.query(nap()))
    }),
  'in commit': (db) => db.transaction((tx) => tx.execute(sql`insert into slow values (1)`)),
}

/** With `pipeline`, and with eight others beside it on the same two connections, which are not cancelled. */
const shared: Readonly<Record<string, Phase>> = {
  'pipelined, queued': phases['queued'] as Phase,
  'pipelined, running': phases['running'] as Phase,
  'pipelined, in the line of a lock': phases['in the line of a lock'] as Phase,
  'pipelined, many at once': (db) =>
    taskGroup(async (group) => {
      for (let i = 0; i < 20; i++) group.spawn(() => db.query(nap()))
    }),
  'pipelined, in a transaction': phases['in a transaction'] as Phase,
}

async function besides(db: Database): Promise<number> {
  let wrong = 0
  await taskGroup(async (group) => {
    for (let i = 0; i < 8; i++) {
      group.spawn(async () => {
        await sleep(short())
        const own = sql`select ${i}::int + 0 * length(pg_sleep(${short() / 8000})::text)`
        if ((await db.value<number>(own).catch(String)) !== i) wrong += 1
      })
    }
  })
  return wrong
}

interface Count {
  cancelled: number
  active: number
  wrong: number
}

async function prepare(db: Database): Promise<void> {
  await db.execute(sql`create table locked (id int)`)
  await db.execute(sql`create table kept (id int)`)
  await db.execute(sql`create table slow (id int)`)
  await db.execute(
    sql.raw(`create function dawdle() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.002); return null; end $$`),
  )
  await db.execute(
    sql.raw(`create constraint trigger late after insert on slow
      deferrable initially deferred for each row execute function dawdle()`),
  )
}

async function measure(
  phase: Phase,
  route: Route,
  observer: Database,
  pipeline: boolean,
): Promise<Count> {
  await using db = await openPostgres(route.url, { max: 2, pipeline, applicationName: 'abort' })
  const count: Count = { cancelled: 0, active: 0, wrong: 0 }
  for (let i = 0; i < times; i++) {
    const scope = new CancelScope()
    await taskGroup(async (group) => {
      const cancel = group.spawn(async () => {
        await sleep(Math.random() * 6)
        scope.cancel()
      })
      const others = pipeline ? group.spawn(() => besides(db)) : 0
      await scope.run(() => phase(db, route.url, observer))
      cancel.cancel()
      count.wrong += await others
    })
    if (scope.cancelledCaught) count.cancelled += 1
    const active = sql`select count(*)::int from pg_stat_activity where application_name = 'abort' and state not in ('idle', 'starting')`
    count.active += await observer.value<number>(active)
    // Two at once: every connection that there is.
    const next = await moveOnAfter(30_000, () =>
      taskGroup(async (group) => {
        const other = group.spawn(() => db.value(sql`select ${-i}::int`).catch(String))
        const own = await db.value(sql`select ${i}::int`).catch(String)
        return own === i && ((await other) === -i || (await other) === 0)
      }),
    )
    if (next.timedOut || !next.value) count.wrong += 1
  }
  return count
}

const routes: Readonly<Record<string, () => Promise<Route>>> = {
  plain: plainRoute,
  TLS: tlsRoute,
  'pgbouncer, pool_mode=session': () => pgbouncerRoute('session'),
  'pgbouncer, pool_mode=transaction': () => pgbouncerRoute('transaction'),
}

await run(async () => {
  const rows: string[] = []
  for (const [name, open] of Object.entries(routes)) {
    try {
      await using route = await open()
      await using observer = await openPostgres(route.direct, { applicationName: 'observer' })
      await prepare(observer)
      for (const [phase, act] of Object.entries({ ...phases, ...shared })) {
        const { cancelled, active, wrong } = await measure(act, route, observer, phase in shared)
        rows.push(`| ${name} | ${phase} | ${times} | ${cancelled} | ${active} | ${wrong} |`)
        console.log(rows.at(-1))
      }
    } catch (error) {
      if (!/not installed|ENOENT|is it installed/.test(String(error))) throw error
      rows.push(`| ${name} | not here: ${String(error)} | | | | |`)
      console.log(rows.at(-1))
    }
  }
  const page = `# A cancellation at any moment

\`npm run bench:db:abort\`, ${new Date().toISOString().slice(0, 10)}. Each phase is cancelled after a random time of up to 6 ms; those that were not cancelled had ended. Pipelined: beside eight others on the same two connections, which must have their answers. Harmed behind pgbouncer 1.18 in transaction mode: its log says that the cancellation hit a SET of its own (\`varcache_apply failed\`), after which it resets the next caller's connection: CONNECTION_LOST, never a wrong answer.

| route | phase | times | cancelled | still active at the server | another was harmed |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`
  await writeFile(new URL('../../results/db-abort.md', import.meta.url), page)
})
