// npm run bench:jobs [-- --rounds 3 --only add,drain]: background jobs beside their peers, in turn, each sample in a process of its
// own on fresh tables. PostgreSQL and Redis are started for it, with fsync, and with AOF every second. Writes
// bench/results/jobs.md and jobs.svg.
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { openPostgres, sql } from '@corral/db'
import { openTestPostgres } from '@corral/db/testing'
import { run, sleep } from 'corral'
import { installPeers } from '../harness/install-peers.ts'
import { barsOf, pageOf, type Samples } from './page.ts'
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

installPeers()
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
    await save(samples, load)
  }
  await rm(folder, { recursive: true, force: true })
  console.log(pageOf(samples, load, rounds))
})

/** After each scenario: what is interrupted keeps what it has. */
async function save(samples: Samples, load: number): Promise<void> {
  const results = new URL('../results/', import.meta.url)
  await writeFile(new URL('jobs.md', results), pageOf(samples, load, rounds))
  await writeFile(new URL('jobs.svg', results), plot(barsOf(samples)))
}

async function postmasterOf(url: string): Promise<number> {
  await using db = await openPostgres(url, { max: 1 })
  const backend = Number(await db.value(sql`select pg_backend_pid()`))
  const stat = await readFile(`/proc/${backend}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}
