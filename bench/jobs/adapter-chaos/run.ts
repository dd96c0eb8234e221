// npm run bench:jobs:adapters [-- --runs 5 --place redis://127.0.0.1:6379]: workers are killed, and stopped beyond their lease, while
// they work on jobs. Writes bench/results/jobs-chaos-adapters.md.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { job, openJobs } from '@corral/jobs'
import { run, sleep } from 'corral'
import { storeOf } from './store-of.ts'

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    place: {
      type: 'string',
      multiple: true,
      default: ['redis://127.0.0.1:6379', 'nats://127.0.0.1:4222'],
    },
  },
})

const count = 1500
const lease = 2000
/** A job that was with a dead worker must begin again within that time, in milliseconds. */
const budget = lease + 1000 + 500

interface Line {
  readonly what: 'begins' | 'ends' | 'trouble' | 'lost'
  readonly id: unknown
  readonly at: number
  readonly pid: number
}

interface Verdict {
  readonly place: string
  readonly scenario: string
  readonly run: number
  readonly added: number
  readonly begun: number
  readonly again: number
  readonly harmed: number
  readonly ended: number
  readonly twice: number
  readonly slowest: number
}

const declared = job('chaos', (n: number) => n, { attempts: 100 })
const script = fileURLToPath(new URL('worker.ts', import.meta.url))

async function linesOf(log: string): Promise<readonly Line[]> {
  const text = await readFile(log, 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}

/** Harms one of the workers every so often until all jobs have ended. */
async function trial(
  place: string,
  scenario: 'SIGKILL' | 'SIGSTOP',
  round: number,
): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-chaos-'))
  const log = join(folder, 'log')
  await writeFile(log, '')
  const prefix = `corral-chaos-${process.pid}-${scenario}-${round}`
  const where = place === 'sqlite' ? join(folder, 'jobs.db') : place
  const start = (): ChildProcess =>
    spawn(
      process.execPath,
      ['--conditions=@corral/source', script, where, prefix, log, String(lease)],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
  const harmed: { readonly pid: number; readonly at: number }[] = []
  await using jobs = await openJobs(await storeOf(where, prefix))
  const added = await jobs.addMany(
    declared,
    Array.from({ length: count }, (_, n) => n),
  )
  const workers = [start(), start(), start()]
  const deadline = performance.now() + 120_000
  /** What the store says has not ended: a worker that is killed cannot tell. */
  const left = async (): Promise<number> => {
    const [queue] = await jobs.stats()
    if (queue === undefined) return count
    const { ready, later, running } = queue.counts
    return ready + later + running
  }
  while ((await left()) > 0 && performance.now() < deadline) {
    await sleep(2000)
    const working = new Set((await linesOf(log)).map(({ pid }) => pid))
    // All of them work: one that has not begun anything yet may be slow to start.
    if (!workers.every(({ pid = 0 }) => working.has(pid))) continue
    const [victim] = workers
    if (victim?.pid === undefined) continue
    harmed.push({ pid: victim.pid, at: Date.now() })
    victim.kill(scenario)
    if (scenario === 'SIGKILL') {
      workers.shift()
      workers.push(start())
    } else {
      await sleep(lease * 2)
      victim.kill('SIGCONT')
      workers.push(...workers.splice(0, 1))
    }
  }
  // What was stopped may still write when it wakes.
  await sleep(1000)
  for (const worker of workers) worker.kill('SIGKILL')
  const remaining = await left()
  const lines = await linesOf(log)
  await rm(folder, { recursive: true, force: true })
  const begins = lines.filter(({ what }) => what === 'begins')
  const ends = lines.filter(({ what }) => what === 'ends')
  return {
    place: jobs.store.name,
    scenario,
    run: round + 1,
    added: added.length,
    begun: new Set(begins.map(({ id }) => id)).size,
    again: begins.length - new Set(begins.map(({ id }) => id)).size,
    harmed: harmed.length,
    ended: count - remaining,
    twice: ends.length - new Set(ends.map(({ id }) => id)).size,
    slowest: slowestOf(lines, harmed),
  }
}

/** Of the jobs that were with a worker when it was harmed, the longest time until somebody else began them. */
function slowestOf(
  lines: readonly Line[],
  harmed: readonly { readonly pid: number; readonly at: number }[],
): number {
  const begins = lines.filter(({ what }) => what === 'begins')
  let slowest = 0
  for (const { pid, at } of harmed) {
    for (const begin of begins.filter((line) => line.pid === pid && line.at <= at)) {
      const again = begins.find((line) => line.id === begin.id && line.at > at && line.pid !== pid)
      const before = begins.some(
        (line) => line.id === begin.id && line.at > begin.at && line.at <= at,
      )
      if (again !== undefined && !before) slowest = Math.max(slowest, again.at - at)
    }
  }
  return slowest
}

await run(async () => {
  const load = loadavg()[0] ?? 0
  const verdicts: Verdict[] = []
  for (const place of flags.place) {
    for (const scenario of ['SIGKILL', 'SIGSTOP'] as const) {
      for (let round = 0; round < Number(flags.runs); round++) {
        const verdict = await trial(place, scenario, round)
        process.stderr.write(`${JSON.stringify(verdict)}\n`)
        verdicts.push(verdict)
      }
    }
  }
  const good = ({ added, begun, ended, twice, slowest }: Verdict): boolean =>
    begun === added && ended === added && twice === 0 && slowest <= budget
  const rows = verdicts.map((one) => {
    const { place, scenario, run, harmed, added, begun, again, ended, twice, slowest } = one
    return `| ${place} | ${scenario} | ${run} | ${harmed} | ${added} | ${begun} | ${again} | ${ended} | ${twice} | ${slowest} | ${good(one) ? 'yes' : '**no**'} |`
  })
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, load ${load.toFixed(1)} at the start`
  const page = [
    '# Background jobs: chaos on the adapters',
    '',
    `\`npm run bench:jobs:adapters\`. Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}. Three workers, ${count} jobs, a lease of ${lease} ms. SIGKILL: the oldest worker, every 2 s if all three work, and a new one in its place. SIGSTOP: the same for twice its lease, then it goes on. Ended is what the store says; ended twice what the workers say. Budget for the slowest begin after that: ${budget} ms (lease + 1 s, and half a second for the start of the process that takes over).`,
    '',
    '| store | what | run | times | added | begun | begun again | ended | ended twice | slowest begin again, ms | held |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
  await writeFile(new URL('../../results/jobs-chaos-adapters.md', import.meta.url), page)
  console.log(page)
})
