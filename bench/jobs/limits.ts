// npm run bench:jobs:limits [-- --jobs 20000]: four processes and limits per key; fifty producers of one unique key. Writes bench/results/jobs-limits.md.
import { spawn as launch } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openTestPostgres } from '@corral/db/testing'
import { declareJob, job, openJobs, postgresStore, sqliteStore } from '@corral/jobs'
import type { StoreFactory } from '@corral/jobs'
import { currentSignal, mapConcurrent, run, sleep } from 'corral'

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '20000' },
    place: { type: 'string' },
    log: { type: 'string', default: '' },
  },
})
const count = Number(values.jobs)
const limit = 2
const keys = 50
const processes = 4

const storeOf = (place: string): StoreFactory =>
  place.startsWith('postgres') ? postgresStore(place) : sqliteStore(place)

interface Stay {
  readonly key: string
  readonly from: number
  readonly to: number
}

const time = (): number => performance.timeOrigin + performance.now()

async function work(place: string): Promise<void> {
  const limited = job(
    'limited',
    async (key: string) => {
      const from = time()
      await sleep(1)
      await appendFile(values.log, `${JSON.stringify({ key, from, to: time() })}\n`)
    },
    { limit: { key: (key) => key, concurrency: limit }, keep: { done: 0 } },
  )
  await using jobs = await openJobs(storeOf(place))
  await jobs.work([limited], { concurrency: 16 })
}

/** How many ran at the same time of each key, at the most. */
function most(stays: readonly Stay[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const [key, own] of Map.groupBy(stays, (stay) => stay.key)) {
    const edges = own.flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    let now = 0
    let peak = 0
    for (const { by } of edges.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
      now += by
      peak = Math.max(peak, now)
    }
    found.set(key, peak)
  }
  return found
}

async function measure(name: string, place: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-limits-'))
  const log = join(folder, 'log')
  await writeFile(log, '')
  await using jobs = await openJobs(storeOf(place))
  const limited = declareJob<string>('limited', {
    limit: { key: (key) => key, concurrency: limit },
    keep: { done: 0 },
  })
  const inputs = Array.from({ length: count }, (_, i) => `key ${i % keys}`)
  for (let i = 0; i < count; i += 1000) await jobs.addMany(limited, inputs.slice(i, i + 1000))
  const flags = ['--conditions=@corral/source', fileURLToPath(import.meta.url)]
  const started = time()
  const children = Array.from({ length: processes }, () =>
    launch(process.execPath, [...flags, '--place', place, '--log', log], { stdio: 'inherit' }),
  )
  for (;;) {
    const [queue] = await jobs.stats()
    if (queue === undefined || queue.counts.ready + queue.counts.running === 0) break
    await sleep(200)
  }
  const took = (time() - started) / 1000
  for (const child of children) {
    child.kill('SIGTERM')
    await once(child, 'exit', { signal: currentSignal() })
  }
  const stays = (await readFile(log, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Stay)
  const peaks = [...most(stays).values()]
  const violations = peaks.filter((peak) => peak > limit).length
  const unique = declareJob<number>('unique', { unique: () => 'one' })
  const handles = await mapConcurrent(
    Array.from({ length: 50 }, (_, i) => i),
    (i) => jobs.add(unique, i),
    { concurrency: 50 },
  )
  const fresh = handles.filter(({ existing }) => !existing).length
  const ids = new Set(handles.map(({ id }) => id)).size
  await rm(folder, { recursive: true })
  return [
    `| ${name} | ${stays.length} | ${Math.max(...peaks)} of ${limit} | ${violations} | ${Math.round(count / took)} | ${fresh} new, ${ids} id |`,
  ]
}

async function compare(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-limits-'))
  await using server = await openTestPostgres({ url: '' })
  const rows = [
    ...(await measure('SQLite', join(folder, 'jobs.db'))),
    ...(await measure('PostgreSQL', server.url)),
  ]
  const table = [
    '# Limits per key, and unique keys',
    '',
    `\`npm run bench:jobs:limits -- --jobs ${count}\`, ${new Date().toISOString().slice(0, 10)}. ${processes} processes of 16, ${keys} keys with ${limit} at a time each, counted by the handlers`,
    'themselves: each writes down when it began and ended. Then 50 producers add one unique key at the same time.',
    '',
    '| engine | jobs run | most of a key at a time | keys over their limit | jobs/s | 50 producers |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ]
  process.stdout.write(table.join('\n'))
  await writeFile(new URL('../results/jobs-limits.md', import.meta.url), table.join('\n'))
  await rm(folder, { recursive: true, force: true })
}

const { place } = values
await run(() => (place === undefined ? compare() : work(place)), { grace: 5000 })
