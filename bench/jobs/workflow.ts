// npm run bench:jobs:workflow [-- --engine postgres]: a workflow of five steps whose process is killed on either side of every commit. Writes bench/results/jobs-workflow-<engine>.md.
import { spawn as launch } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openPostgres, openSqlite, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { job, openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { JobRun, StoreFactory } from '@corral/jobs'
import { currentSignal, run } from 'corral'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    place: { type: 'string', default: '' },
    /** Where the process kills itself: that makes this a worker. */
    dies: { type: 'string' },
  },
})

async function opened(
  place: string,
): Promise<{ readonly db: Database; readonly store: StoreFactory }> {
  if (values.engine === 'sqlite') {
    const db = await openSqlite(place, { readers: 1, isolation: 'thread' })
    return { db, store: sqliteStore(db) }
  }
  const db = await openPostgres(place, { max: 4 })
  return { db, store: postgresStore(db, { url: place }) }
}

const names = ['one', 'two', 'three', 'four', 'five']

/** Ends the process, if it is to end here. */
function here(dies: string, point: string): void {
  if (dies === point) process.kill(process.pid, 'SIGKILL')
}

function flow(db: Database, dies: string): ReturnType<typeof job<number, string>> {
  return job<number, string>('flow', async (n: number, run: JobRun) => {
    for (const name of names) {
      await run.stepIn(db, name, async (tx) => {
        await tx.execute(sql`insert into effect values (${n}, ${name})`)
        here(dies, `before the commit of ${name}`)
      })
      here(dies, `after the commit of ${name}`)
    }
    await db.transaction(async (tx) => {
      await tx.execute(sql`insert into effect values (${n}, 'end')`)
      await run.finishIn(tx, 'done')
      here(dies, 'before the commit of the end')
    })
    here(dies, 'after the commit of the end')
    return 'done'
  })
}

const points = [...names, 'the end'].flatMap((name) => [
  `before the commit of ${name}`,
  `after the commit of ${name}`,
])

async function work(dies: string): Promise<void> {
  const { db, store } = await opened(values.place)
  await using _db = db
  await using jobs = await openJobs(store)
  await jobs.work([flow(db, dies)])
}

function worker(place: string, dies: string): ReturnType<typeof launch> {
  const flags = ['--conditions=@corral/source', fileURLToPath(import.meta.url)]
  const more = ['--engine', values.engine, '--place', place, '--dies', dies]
  return launch(process.execPath, [...flags, ...more], { stdio: 'inherit' })
}

async function compare(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-flow-'))
  await using server = values.engine === 'sqlite' ? undefined : await openTestPostgres({ url: '' })
  const place = server?.url ?? join(folder, 'jobs.db')
  const { db, store } = await opened(place)
  await using _db = db
  await using jobs = await openJobs(store)
  await db.execute(sql`create table effect (job int, step text)`)
  const rows: string[] = []
  for (const [n, point] of points.entries()) {
    const handle = await jobs.add(flow(db, ''), n)
    const doomed = worker(place, point)
    await once(doomed, 'exit', { signal: currentSignal() })
    const next = worker(place, 'never')
    const result = await handle.result()
    next.kill('SIGKILL')
    await once(next, 'exit', { signal: currentSignal() })
    const effects = await db.query<{ step: string }>(sql`select step from effect where job = ${n}`)
    const { attempt, state } = await handle.info()
    const exact = effects.map(({ step }) => step).join(' ') === [...names, 'end'].join(' ')
    rows.push(
      `| ${point} | ${attempt} | ${effects.length} of 6 | ${state}, ${result} | ${exact ? 'yes' : 'NO'} |`,
    )
    process.stdout.write(`${rows.at(-1)}\n`)
  }
  const title = values.engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'
  const table = [
    `# A workflow whose process is killed: ${title}`,
    '',
    `\`npm run bench:jobs:workflow -- --engine ${values.engine}\`, ${new Date().toISOString().slice(0, 10)}. Five steps, each with an insert in its transaction (\`stepIn\`), and an end`,
    'with an insert in its own (`finishIn`). The process is killed by SIGKILL at one point, and another goes on.',
    '',
    '| killed | attempts | effects | ended | each effect once, in order |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ]
  await writeFile(
    new URL(`../results/jobs-workflow-${values.engine}.md`, import.meta.url),
    table.join('\n'),
  )
  await rm(folder, { recursive: true, force: true })
}

const { dies } = values
await run(() => (dies === undefined ? compare() : work(dies)))
