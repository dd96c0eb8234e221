// npm run bench:db [-- --rounds 7]: corral and its peers in turn, each sample in a process of its own; PostgreSQL is one that is
// started for it. Writes bench/results/db.md.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { openPostgres, openSqlite, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { run } from 'corral'
import { installPeers } from '../harness/install-peers.ts'
import { cancelLatency } from './cancel-latency.ts'
import { streamed } from './streamed.ts'
import type { Sample } from './workload.ts'

const exec = promisify(execFile)
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } })
const rounds = Number(values.rounds)

interface Race {
  readonly title: string
  /** What ratios are to. */
  readonly base: string
  readonly names: readonly string[]
  readonly script: string
  readonly args: readonly string[]
}

async function fill(db: Database): Promise<void> {
  const [key, real] = db.engine === 'postgres' ? ['serial', 'float8'] : ['integer', 'real']
  await db.execute(
    sql`create table bench_user (id ${sql.raw(key)} primary key, name text, balance ${sql.raw(real)}, created text)`,
  )
  await db.execute(sql`create table bench_log (id ${sql.raw(key)} primary key, text text)`)
  const users = Array.from({ length: 1000 }, (_, i) => [`user ${i}`, i * 1.5, '2026-11-30'])
  await db.execute(sql`insert into bench_user (name, balance, created) values ${sql.values(users)}`)
}

async function race({ title, base, names, script, args }: Race): Promise<string> {
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const path = fileURLToPath(new URL(script, import.meta.url))
      const { stdout } = await exec(process.execPath, [
        '--conditions=@corral/source',
        path,
        name,
        ...args,
      ])
      samples.get(name)?.push(JSON.parse(stdout) as Sample)
    }
    process.stdout.write('.')
  }
  const to = samples.get(base) ?? []
  const rows = names.map((name) => {
    const own = samples.get(name) ?? []
    const ratios = own.map(({ rate }, i) => rate / (to[i]?.rate ?? NaN))
    const cpu = own.map(({ micros }, i) => micros / (to[i]?.micros ?? NaN))
    const rate = median(own.map((sample) => sample.rate)).toFixed(0)
    return `| ${name} | ${rate} | ${spread(ratios)} | ${spread(cpu)} |`
  })
  return [
    `## ${title}\n`,
    `| | a second | rate, to ${base} | CPU time of the program, to ${base} |`,
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[of.length >> 1] ?? NaN
const spread = (of: readonly number[]): string =>
  `${median(of).toFixed(2)} (${Math.min(...of).toFixed(2)} to ${Math.max(...of).toFixed(2)})`

installPeers()
await run(async () => {
  await using server = await openTestPostgres({ url: '' })
  const folder = await mkdtemp(join(tmpdir(), 'corral-bench-'))
  const file = join(folder, 'bench.db')
  {
    await using db = await openPostgres(server.url)
    await fill(db)
    await using sqlite = await openSqlite(file)
    await fill(sqlite)
  }
  const sqliteNames = [
    'node:sqlite, prepared each time',
    'node:sqlite, prepared once',
    'better-sqlite3, prepared once',
    'corral',
    'corral, isolation: thread',
  ]
  const pages = [
    await race({
      title: 'PostgreSQL: point queries, 50 at a time over 10 connections',
      base: 'pg.Pool',
      names: [
        'pg.Pool',
        'postgres.js, prepare: false',
        'postgres.js',
        'corral',
        'corral, pipeline',
      ],
      script: 'postgres-sample.ts',
      args: [server.url],
    }),
    await race({
      title: 'SQLite: point queries, 100 at a time',
      base: 'node:sqlite, prepared each time',
      names: sqliteNames,
      script: 'sqlite-sample.ts',
      args: ['read', file],
    }),
    await race({
      title: 'SQLite: inserts, durable each, 100 at a time',
      base: 'node:sqlite, prepared each time',
      names: sqliteNames.slice(0, 4),
      script: 'sqlite-sample.ts',
      args: ['write', file],
    }),
    await cancelLatency(server.url, file),
    await streamed(server.url, file),
  ]
  await rm(folder, { recursive: true, force: true })
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`
  const about = `Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}; ${rounds} interleaved rounds, each sample in a process of its own. Medians; in brackets the least and the greatest of the rounds. On a shared machine trust ratios of 1.3 and more. The CPU time is that of the program alone: without the server, and without the processes that read SQLite.`
  const page = `# Databases\n\n\`npm run bench:db\`. ${about}\n\n${pages.join('\n\n')}\n`
  await writeFile(new URL('../results/db.md', import.meta.url), page)
  console.log(`\n${page}`)
})
