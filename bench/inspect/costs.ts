// node --conditions=@corral/source bench/inspect/costs.ts [--rounds 5] [--write]: what looking into a program costs, against the
// budgets. Each sample is a process of its own, the settings interleaved. Some ten minutes.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { OutsideCosts } from './costs-outside.ts'

const exec = promisify(execFile)
const sampleFile = fileURLToPath(new URL('./costs-sample.ts', import.meta.url))
const outsideFile = fileURLToPath(new URL('./costs-outside.ts', import.meta.url))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
})
const ROUNDS = Number(values.rounds)

async function outside(tasks: number): Promise<OutsideCosts> {
  const flags = ['--conditions=@corral/source', outsideFile, String(tasks)]
  const { stdout } = await exec(process.execPath, flags)
  return JSON.parse(stdout) as OutsideCosts
}

async function sample(...args: string[]): Promise<number> {
  const flags = ['--expose-gc', '--conditions=@corral/source', sampleFile]
  const { stdout } = await exec(process.execPath, [...flags, ...args])
  return Number(stdout)
}

/** The least of the rounds: whatever else the machine does only adds to it. */
interface Figure {
  readonly least: number
  /** How far the median is above it, as a share of it. */
  readonly noise: number
}

/** A sample of each in turn, so that a machine that changes changes all of them. */
async function interleaved(cases: readonly string[][], rounds = ROUNDS): Promise<Figure[]> {
  const samples: number[][] = cases.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, args] of cases.entries()) samples[i]?.push(await sample(...args))
  }
  return samples.map((values) => {
    const sorted = values.toSorted((a, b) => a - b)
    const least = sorted[0] as number
    return { least, noise: ((sorted[sorted.length >> 1] as number) - least) / least }
  })
}

const judged = (value: number, budget: number): string =>
  value <= budget ? 'met' : `**${value.toFixed(2)}**`
const percent = (share: number): string => `+${Math.round(share * 100)} %`
const rows: string[] = []
const load = loadavg()[0]?.toFixed(1)

const settings = ['nothing', 'imported', 'listener', 'recorder', 'spans']
const budgets: Record<string, Record<string, number>> = {
  'spawn+join': { imported: 1.05, listener: 1.1, recorder: 1.8, spans: 6 },
  wait: { imported: 1.05, listener: 1.1, recorder: 2.3 },
  permit: { listener: Infinity, recorder: Infinity },
}
for (const [work, budget] of Object.entries(budgets)) {
  const of = settings.filter((setting) => setting === 'nothing' || setting in budget)
  const figures = await interleaved(of.map((setting) => [work, setting]))
  const [bare] = figures as [Figure]
  for (const [i, setting] of of.entries()) {
    const { least, noise } = figures[i] as Figure
    const ratio = least / bare.least
    const limit = budget[setting]
    rows.push(
      `| ${work} | ${setting} | ${Math.round(least)} ns ${percent(noise)} | ${ratio.toFixed(2)} | ${limit === undefined || limit === Infinity ? '-' : `<= ${limit} x: ${judged(ratio, limit)}`} |`,
    )
  }
}

const single: string[] = []
const [fields] = (await interleaved([['log-fields', 'nothing']])) as [Figure]
single.push(
  `| logFields() in a task with a name | ${fields.least.toFixed(0)} ns ${percent(fields.noise)} | <= 50 ns: ${judged(fields.least, 50)} |`,
)
const [idle, watched] = (await interleaved(
  [
    ['idle', 'nothing'],
    ['idle', 'watchdog'],
  ],
  2,
)) as [Figure, Figure]
const share = (watched.least - idle.least) * 100
single.push(
  `| watchdog, the program idle, of a core | ${share.toFixed(2)} % (the program alone: ${(idle.least * 100).toFixed(2)} %) | <= 0.5 %: ${judged(share, 0.5)} |`,
)
const [bytes, named] = (await interleaved(
  [
    ['bytes', 'imported'],
    ['bytes-names', 'imported'],
  ],
  3,
)) as [Figure, Figure]
single.push(
  `| recorder of 65 536 events, after 2 000 000 | ${(bytes.least / 1e6).toFixed(2)} MB | <= 1.1 MB: ${judged(bytes.least / 1e6, 1.1)} |`,
)
single.push(`| the same, with 3 000 names among them | ${(named.least / 1e6).toFixed(2)} MB | - |`)
const [perfetto, chrome] = (await interleaved(
  [
    ['write-perfetto', 'recorder'],
    ['write-chrome', 'recorder'],
  ],
  5,
)) as [Figure, Figure]
single.push(
  `| a dump of 65 536 events for Perfetto, the first of a process | ${perfetto.least.toFixed(0)} ms ${percent(perfetto.noise)} | <= 100 ms: ${judged(perfetto.least, 100)} |`,
  `| the same for Chrome | ${chrome.least.toFixed(0)} ms ${percent(chrome.noise)} | - |`,
)
const [scan] = (await interleaved([['metrics', 'nothing']], 5)) as [Figure]
single.push(`| metrics of 100 000 tasks, one scrape | ${scan.least.toFixed(0)} ms | - |`)

const seen: string[] = []
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const row = (what: string, value: number, shown: string, budget?: string, limit = 0): void => {
  seen.push(
    `| ${what} | ${shown} | ${budget === undefined ? '-' : `<= ${budget}: ${judged(value, limit)}`} |`,
  )
}
const few = await outside(1000)
const many = await outside(100_000)
row('`ps`: attach, read 1 000 tasks, take 100 stacks', few.ps, ms(few.ps), '400 ms', 400)
row('the command `corral ps --stacks=100`, with its start', few.command, ms(few.command))
const blocked = few.blocked / few.idle
row(
  'a loop that is blocked, x the same at rest',
  blocked,
  `${ms(few.blocked)} / ${ms(few.idle)} = ${blocked.toFixed(1)}`,
  '3',
  3,
)
for (const [name, costs] of [
  ['1 000', few],
  ['100 000', many],
] as const) {
  const { reading, snapshot, slice, dashboard, rows: listed } = costs
  const ratio = reading / snapshot
  row(
    `reading ${name} tasks, ${listed.toLocaleString('en')} listed: CPU of the target, x its own \`snapshot()\``,
    ratio,
    `${ms(reading)} / ${ms(snapshot)} = ${ratio.toFixed(1)}`,
    '3',
    3,
  )
  row(`its longest slice, ${name} tasks`, slice, ms(slice), '10 ms', 10)
  const { bytes, draw, view, share, interval } = dashboard
  row(
    `dashboard, ${name} tasks: an update`,
    bytes / 1000,
    `${(bytes / 1000).toFixed(1)} kB`,
    '20 kB',
    20,
  )
  if (draw !== undefined) row(`drawn in the slowest view (${view})`, draw, ms(draw), '16 ms', 16)
  row(
    `part of the target's time, at an interval of ${(interval / 1000).toFixed(1)} s`,
    share * 100,
    `${(share * 100).toFixed(1)} %`,
    '2 %',
    2,
  )
}
row('polling 1 000 tasks over the socket', few.poll, ms(few.poll), '5 ms', 5)
row('of which CPU of the target', few.polling, ms(few.polling))

const about = `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, load ${load} when it began; ${ROUNDS} interleaved rounds, each sample in a process of its own, CPU time of the main thread unless said otherwise. Each figure is the least of its rounds, as whatever else the machine does only adds; + is how far the median is above it. On a shared machine trust ratios of 1.3 and more.`
const page = [
  '# What looking in costs',
  '',
  about,
  '',
  '`wait`: a `get` from a queue. `permit`: a turn of a semaphore, which remembers its holders while somebody looks. `imported`: `@corral/inspect` is loaded, nothing is started. `listener`: `instrument({})`. `recorder`: 65 536 events. `spans`: `taskSpans` with the SDK of OpenTelemetry, and a processor that drops them.',
  '',
  '| work | with | CPU | x nothing | budget |',
  '|---|---|---|---|---|',
  ...rows,
  '',
  '| what | measured | budget |',
  '|---|---|---|',
  ...single,
  '',
  'Looked into from outside: programs with forty kinds of tasks at ten queues and pools. The heap with everything on is in [inspect-heap.md](inspect-heap.md).',
  '',
  '| what | measured | budget |',
  '|---|---|---|',
  ...seen,
  '',
].join('\n')
const results = fileURLToPath(new URL('../results/inspect-costs.md', import.meta.url))
if (values.write) writeFileSync(results, page)
console.log(page)
