// npm run bench:jobs:chaos [-- --runs 5 --seconds 60 --engine sqlite --only SIGSTOP]: what goes wrong with workers and their store.
// All scenarios in turn, as many times as there are runs. Writes bench/results/jobs-chaos-<engine>.md, and fails when a row does.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Jobs } from '@corral/jobs'
import { moveOnAfter, run, sleep } from 'corral'
import { Scene } from './scene.ts'
import type { Engine } from './scene.ts'
import { scenariosOf } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    engine: { type: 'string', default: 'sqlite' },
    only: { type: 'string', default: '' },
  },
})
const runs = Number(values.runs)
const engine: Engine = values.engine === 'sqlite' ? 'sqlite' : 'postgres'

interface Seen {
  readonly added: number
  readonly ran: number
  readonly once: number
  readonly interrupted: number
  /** In milliseconds; Infinity for a job that never ran again. */
  readonly rerun: number
  readonly wrong: readonly string[]
}

/** Runs a scenario, waits until all is done, and counts. */
async function play({ act, disk, budget }: Scenario): Promise<Seen> {
  await using scene = await Scene.open(engine, disk)
  await act(scene)
  const { timedOut } = await moveOnAfter(120_000, () => scene.ended())
  await sleep(200)
  const notes = scene.notes()
  const records = await allJobs(scene.jobs)
  const started = new Set(notes.filter(({ event }) => event === 'start').map(({ n }) => String(n)))
  const ends = new Map<string, number>()
  for (const { event, n } of notes) {
    if (event === 'done') ends.set(String(n), (ends.get(String(n)) ?? 0) + 1)
  }
  const promised = notes.filter(({ event }) => event === 'added').map(({ n }) => String(n))
  const known = new Set(records.map(({ input }) => String(input)))
  const reruns = rerunsOf(scene)
  const wrong = [...scene.wrong]
  if (promised.some((n) => !known.has(n))) wrong.push('lost a promised job')
  if (timedOut) wrong.push('not ended after two minutes')
  if (budget !== undefined && reruns.length === 0) wrong.push('no job was interrupted')
  return {
    added: records.length,
    ran: records.filter(({ input }) => started.has(String(input))).length,
    once: records.filter(({ id, state }) => state === 'done' && (ends.get(id) ?? 0) <= 1).length,
    interrupted: reruns.length,
    rerun: Math.max(0, ...reruns),
    wrong,
  }
}

/** From each fault until a job that its worker had, and has not ended, has begun elsewhere. */
function rerunsOf(scene: Scene): readonly number[] {
  const notes = scene.notes()
  return scene.faults.flatMap(({ at, pid, cutOff = false }) =>
    scene.openOf(pid, at).flatMap((job) => {
      const next = notes.find((note) => note.at > at && note.n === job)
      const wasEnding = next?.event === 'end' && next.pid === pid && next.at < at + 100
      if (wasEnding && !cutOff) return []
      const again = notes.find(
        (note) => note.at > at && note.event === 'start' && note.n === job && note.pid !== pid,
      )
      return [again === undefined ? Infinity : again.at - at]
    }),
  )
}

async function allJobs(jobs: Jobs): ReturnType<Jobs['list']> {
  const all: Awaited<ReturnType<Jobs['list']>>[number][] = []
  for (;;) {
    const last = all.at(-1)?.id
    const page = await jobs.list({ limit: 1000, ...(last === undefined ? {} : { after: last }) })
    if (page.length === 0) return all
    all.push(...page)
  }
}

function holds({ budget = Infinity }: Scenario, seen: readonly Seen[]): boolean {
  return seen.every(
    ({ added, ran, once, rerun, wrong }) =>
      added === ran && ran === once && rerun <= budget && wrong.length === 0,
  )
}

function rowOf(scenario: Scenario, seen: readonly Seen[]): string {
  const { name, budget } = scenario
  const of = (key: 'added' | 'ran' | 'once' | 'interrupted'): string =>
    seen.map((one) => one[key]).join(' ')
  const slowest = Math.round(Math.max(...seen.map(({ rerun }) => rerun)))
  const wrong = [...new Set(seen.flatMap((one) => one.wrong))]
  const cells = [
    name,
    of('added'),
    of('ran'),
    of('once'),
    ...(budget === undefined
      ? ['-', '-', '-']
      : [of('interrupted'), `${slowest} ms`, `${budget} ms`]),
    holds(scenario, seen) ? 'yes' : ['NO', ...wrong].join(': '),
  ]
  return `| ${cells.join(' | ')} |`
}

function tableOf(
  chosen: readonly Scenario[],
  seen: ReadonlyMap<Scenario, readonly Seen[]>,
  loads: readonly string[],
): string {
  const rows = chosen.map((scenario) => {
    const of = seen.get(scenario)
    return of === undefined
      ? `| ${scenario.name}: takes root | | | | | | | not tried |`
      : rowOf(scenario, of)
  })
  const [cpu] = cpus()
  const times = loads.length === 1 ? 'one run' : `${loads.length} runs in a row`
  const machine = `Node ${process.version}, ${cpus().length} x ${cpu?.model ?? '?'}`
  return [
    `# What goes wrong with workers: ${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}`,
    '',
    `\`npm run bench:jobs:chaos -- --engine ${engine}\`, ${new Date().toISOString().slice(0, 10)}, ${times}, ${machine}, load ${loads.join(' ')} at the end of each.`,
    'Jobs of 20 to 60 ms in two processes of four each. Each column has a number for each run. Interrupted are the jobs that the',
    'worker had when the fault came; their slowest re-run in all runs is counted from the fault until such a job has begun elsewhere.',
    '',
    '| fault | jobs added | run at least once | ended exactly once | interrupted | slowest re-run | budget | held |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

await run(async () => {
  const all = scenariosOf(engine, Number(values.seconds))
  const chosen = all.filter(({ name }) => name.includes(values.only))
  const seen = new Map<Scenario, Seen[]>()
  const loads: string[] = []
  for (let i = 0; i < runs; i++) {
    for (const scenario of chosen) {
      if (scenario.disk !== undefined && process.getuid?.() !== 0) continue
      const one = await play(scenario)
      seen.set(scenario, [...(seen.get(scenario) ?? []), one])
      process.stderr.write(`${scenario.name}: ${JSON.stringify(one)}\n`)
    }
    loads.push((loadavg()[0] ?? NaN).toFixed(1))
    // After each run: what is interrupted keeps what it has.
    if (values.only === '') {
      const file = new URL(`../../results/jobs-chaos-${engine}.md`, import.meta.url)
      await writeFile(file, tableOf(chosen, seen, loads))
    }
  }
  process.stdout.write(tableOf(chosen, seen, loads))
  if ([...seen].some(([scenario, of]) => !holds(scenario, of))) process.exitCode = 1
})
