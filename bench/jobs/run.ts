// npm run bench:jobs [-- --rounds 3 --only add,drain]: background jobs beside their peers, in turn, each sample in a process of its
// own on fresh tables. PostgreSQL and Redis are started for it, with fsync, and with AOF every second. Writes
// bench/results/jobs.md and jobs.svg.
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { run, sleep } from 'corral'
import { budgets, type Budget } from './budgets.ts'
import { plot } from './plot.ts'
import type { Sample } from './sample.ts'

const exec = promisify(execFile)
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'add,bulk,drain,latency,held,backlog' },
  },
})
const rounds = Number(flags.rounds)
const chosen = flags.only.split(',')

const all = ['corral on PostgreSQL', 'corral on SQLite', 'pg-boss', 'graphile-worker', 'BullMQ']
const enginesOf: Readonly<Record<string, readonly string[]>> = {
  add: all,
  bulk: all,
  drain: all,
  latency: all,
  held: ['corral on PostgreSQL'],
  backlog: ['corral on PostgreSQL', 'corral on SQLite'],
}

/** Three rounds of what takes long are too many. */
const roundsOf = (scenario: string): number => (enginesOf[scenario] === all ? rounds : 1)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function openRedis(
  folder: string,
): Promise<{ readonly url: string; readonly pid: number } & Disposable> {
  const port = await freePort()
  const options = ['--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes']
  const child = spawn('redis-server', [...options, '--appendfsync', 'everysec'], {
    stdio: 'ignore',
  })
  const url = `redis://127.0.0.1:${port}`
  for (let i = 0; i < 100; i++) {
    const answer = await exec('redis-cli', ['-p', String(port), 'ping']).catch(() => undefined)
    if (answer?.stdout.includes('PONG') === true) break
    await sleep(100)
  }
  return { url, pid: child.pid ?? 0, [Symbol.dispose]: () => void child.kill('SIGKILL') }
}

async function sample(args: readonly string[]): Promise<Sample> {
  const script = fileURLToPath(new URL('sample.ts', import.meta.url))
  const { stdout } = await exec(
    process.execPath,
    ['--conditions=@corral/source', script, ...args],
    {
      timeout: 400_000,
    },
  )
  return JSON.parse(stdout) as Sample
}

const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[of.length >> 1] ?? NaN
const least = (of: readonly number[]): string =>
  `${median(of).toFixed(2)} (${Math.min(...of).toFixed(2)} to ${Math.max(...of).toFixed(2)})`

function ratiosOf(
  samples: Samples,
  { ours, peer, scenario, of }: Omit<Budget, 'text'>,
): readonly number[] {
  const figure = (one: Sample | undefined): number =>
    one === undefined ? NaN : of === 'cpu' ? one.client + one.server : one.value
  const [mine = [], theirs = []] = [
    samples.get(scenario)?.get(ours),
    samples.get(scenario)?.get(peer),
  ]
  return mine.map((one, i) => figure(one) / figure(theirs[i]))
}

type Samples = ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>

await run(async () => {
  await using postgres = await openTestPostgres({ url: '', durable: true })
  const folder = await mkdtemp(join(tmpdir(), 'corral-bench-'))
  await mkdir(join(folder, 'redis'))
  using redis = await openRedis(join(folder, 'redis'))
  const postmaster = await postmasterOf(postgres.url)
  const samples = new Map<string, Map<string, Sample[]>>()
  const load = loadavg()[0] ?? 0
  let databases = 0
  for (const scenario of chosen) {
    const of = new Map<string, Sample[]>()
    samples.set(scenario, of)
    const names = enginesOf[scenario] ?? []
    for (let round = 0; round < roundsOf(scenario); round++) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        let place: string
        let server = 0
        if (name === 'BullMQ') {
          await exec('redis-cli', ['-u', redis.url, 'flushall'])
          ;[place, server] = [redis.url, redis.pid]
        } else if (name === 'corral on SQLite') {
          place = join(folder, `${(databases += 1)}.db`)
        } else {
          const database = `bench_${(databases += 1)}`
          await using db = await openPostgres(postgres.url, { max: 1 })
          await db.execute(sql`create database ${sql.identifier(database)}`)
          const url = new URL(postgres.url)
          url.pathname = `/${database}`
          ;[place, server] = [url.href, postmaster]
        }
        const one = await sample([name, scenario, place, String(server)])
        of.set(name, [...(of.get(name) ?? []), one])
        process.stderr.write(`${scenario} ${name}: ${JSON.stringify(one)}\n`)
      }
    }
  }
  await rm(folder, { recursive: true, force: true })
  const page = pageOf(samples, load)
  const results = new URL('../results/', import.meta.url)
  await writeFile(new URL('jobs.md', results), page)
  await writeFile(new URL('jobs.svg', results), plot(barsOf(samples)))
  console.log(page)
})

async function postmasterOf(url: string): Promise<number> {
  await using db = await openPostgres(url, { max: 1 })
  const backend = Number(await db.value(sql`select pg_backend_pid()`))
  const stat = await readFile(`/proc/${backend}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function barsOf(samples: Samples): Parameters<typeof plot>[0] {
  return ['add', 'bulk', 'drain'].flatMap((title) => {
    const of = samples.get(title)
    if (of === undefined) return []
    const figures = [...of].map(
      ([name, some]) => [name, median(some.map(({ value }) => value))] as const,
    )
    return [{ title, figures }]
  })
}

const titles: Readonly<Record<string, readonly [title: string, value: string]>> = {
  add: ['Adding one at a time, 50 callers', 'a second'],
  bulk: ['Adding 20,000 in blocks of 1000', 'a second'],
  drain: ['Working off 10,000 jobs that do nothing, 10 at a time', 'a second'],
  latency: ['From adding to beginning, at 100 a second', 'p50, ms'],
  held: ['Working off 60,000 jobs while somebody holds a snapshot', 'a second'],
  backlog: ['Working off 5000 of 1,000,000 jobs', 'a second'],
}

const others: Readonly<Record<string, string>> = {
  latency: 'p99, ms',
  held: 'time of the last sixth, to the first',
  backlog: 'a second without the million',
}

function pageOf(samples: Samples, load: number): string {
  const sections = [...samples].map(([scenario, of]) => {
    const [title = scenario, value = ''] = titles[scenario] ?? []
    const other = others[scenario]
    const columns = [
      '',
      value,
      ...(other === undefined ? [] : [other]),
      'CPU a job, µs: client',
      'server',
    ]
    const rows = [...of].map(([name, some]) => {
      const figure = (pick: (one: Sample) => number): string => {
        const all = some.map(pick)
        const digits = median(all) < 100 ? 1 : 0
        const spread =
          all.length > 1
            ? ` (${Math.min(...all).toFixed(digits)} to ${Math.max(...all).toFixed(digits)})`
            : ''
        return `${median(all).toFixed(digits)}${spread}`
      }
      const cells = [name, figure((one) => one.value)]
      if (other !== undefined) cells.push(figure((one) => one.other ?? NaN))
      cells.push(
        figure((one) => one.client),
        name === 'corral on SQLite' ? 'the same' : figure((one) => one.server),
      )
      return `| ${cells.join(' | ')} |`
    })
    return [
      `## ${title}`,
      '',
      `| ${columns.join(' | ')} |`,
      `| ${columns.map(() => '---').join(' | ')} |`,
      ...rows,
    ].join('\n')
  })
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, load ${load.toFixed(1)} at the start`
  const about = `Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}; PostgreSQL with fsync, Redis with AOF every second, SQLite with synchronous = full. ${rounds} interleaved rounds, one for the last two; each sample in a process of its own on fresh tables. Medians; in brackets the least and the greatest. On a shared machine trust ratios of 1.3 and more.`
  return `# Background jobs\n\n\`npm run bench:jobs\`. ${about}\n\n![](jobs.svg)\n\n${budgetTable(samples)}\n\n${sections.join('\n\n')}\n`
}

function budgetTable(samples: Samples): string {
  const lines = budgets.flatMap((budget) => {
    const ratios = ratiosOf(samples, budget)
    if (ratios.length === 0) return []
    const { text, ours, peer, atLeast, atMost } = budget
    const value = median(ratios)
    const met = value >= (atLeast ?? 0) && value <= (atMost ?? Infinity)
    const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
    return [
      `| ${ours}: ${text}, to ${peer} | ${bound} | ${least(ratios)} | ${met ? 'met' : '**missed**'} |`,
    ]
  })
  const [held] = samples.get('held')?.get('corral on PostgreSQL') ?? []
  if (held?.other !== undefined) {
    lines.push(
      `| held snapshot: last sixth, to the first | at most 1.5 | ${held.other.toFixed(2)} | ${held.other <= 1.5 ? 'met' : '**missed**'} |`,
    )
  }
  for (const [name, [one]] of samples.get('backlog') ?? []) {
    const ratio = (one?.value ?? NaN) / (one?.other ?? NaN)
    lines.push(
      `| ${name}: a backlog of a million, to none | at least 0.7 | ${ratio.toFixed(2)} | ${ratio >= 0.7 ? 'met' : '**missed**'} |`,
    )
  }
  return ['| budget | | measured | |', '| --- | --- | --- | --- |', ...lines].join('\n')
}
