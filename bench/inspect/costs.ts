// What looking in costs: node --expose-gc --conditions=@corral/source bench/inspect/costs.ts
// Each sample is a process of its own, the settings interleaved; the table goes to bench/results/inspect-costs.md.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const sampleFile = fileURLToPath(new URL('./costs-sample.ts', import.meta.url))
const ROUNDS = 3

async function sample(...args: string[]): Promise<number> {
  const flags = ['--expose-gc', '--conditions=@corral/source', sampleFile]
  const { stdout } = await exec(process.execPath, [...flags, ...args])
  return Number(stdout)
}

interface Figure {
  readonly median: number
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
    const median = sorted[sorted.length >> 1] as number
    return { median, noise: ((sorted.at(-1) as number) - (sorted[0] as number)) / 2 / median }
  })
}

const verdict = (value: number, budget: number): string =>
  value <= budget ? 'met' : `**${value.toFixed(2)}**`
const percent = (share: number): string => `±${Math.round(share * 100)} %`
const rows: string[] = []
const load = loadavg()[0]?.toFixed(1)

// It takes longest; it counts bytes, so that it does not matter what else runs.
const heapGrowth = sample('heap', 'everything')

const settings = ['nothing', 'imported', 'listener', 'recorder', 'spans']
const budgets: Record<string, Record<string, number>> = {
  'spawn+join': { imported: 1.05, listener: 1.1, recorder: 1.8, spans: 6 },
  wait: { imported: 1.05, listener: 1.1, recorder: 2.3 },
}
for (const [work, budget] of Object.entries(budgets)) {
  const of = settings.filter((setting) => setting === 'nothing' || setting in budget)
  const figures = await interleaved(of.map((setting) => [work, setting]))
  const [bare] = figures as [Figure]
  for (const [i, setting] of of.entries()) {
    const { median, noise } = figures[i] as Figure
    const ratio = median / bare.median
    const limit = budget[setting]
    rows.push(
      `| ${work} | ${setting} | ${Math.round(median)} ns ${percent(noise)} | ${ratio.toFixed(2)} | ${limit === undefined ? '-' : `<= ${limit} x: ${verdict(ratio, limit)}`} |`,
    )
  }
}

const single: string[] = []
const [fields] = (await interleaved([['log-fields', 'nothing']])) as [Figure]
single.push(
  `| logFields() in a task with a name | ${fields.median.toFixed(0)} ns ${percent(fields.noise)} | <= 50 ns: ${verdict(fields.median, 50)} |`,
)
const [idle, watched] = (await interleaved(
  [
    ['idle', 'nothing'],
    ['idle', 'watchdog'],
  ],
  2,
)) as [Figure, Figure]
const share = (watched.median - idle.median) * 100
single.push(
  `| watchdog, the program idle, of a core | ${share.toFixed(2)} % (the program alone: ${(idle.median * 100).toFixed(2)} %) | <= 0.5 %: ${verdict(share, 0.5)} |`,
)
const [bytes] = (await interleaved([['bytes', 'recorder']], 3)) as [Figure]
single.push(
  `| recorder of 65 536 events, after 2 000 000 with 3 000 names | ${(bytes.median / 1e6).toFixed(2)} MB | <= 1.1 MB: ${verdict(bytes.median / 1e6, 1.1)} |`,
)
const [perfetto, chrome] = (await interleaved(
  [
    ['write-perfetto', 'recorder'],
    ['write-chrome', 'recorder'],
  ],
  5,
)) as [Figure, Figure]
single.push(
  `| a dump of 65 536 events for Perfetto, the first of a process | ${perfetto.median.toFixed(0)} ms ${percent(perfetto.noise)} | <= 100 ms: ${verdict(perfetto.median, 100)} |`,
  `| the same for Chrome | ${chrome.median.toFixed(0)} ms ${percent(chrome.noise)} | - |`,
)
const [scan] = (await interleaved([['metrics', 'nothing']], 5)) as [Figure]
single.push(`| metrics of 100 000 tasks, one scrape | ${scan.median.toFixed(0)} ms | - |`)
const heap = await heapGrowth
single.push(
  `| heap after 10^7 tasks with everything on, more than after 10^6 | ${(heap / 1e6).toFixed(2)} MB | <= 2 MB: ${verdict(heap / 1e6, 2)} |`,
)

const about = `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, load ${load} when it began; ${ROUNDS} interleaved rounds, each sample in a process of its own, CPU time of the main thread, medians, ± half the range over the rounds. On a shared machine trust ratios of 1.3 and more.`
const page = [
  '# What looking in costs',
  '',
  about,
  '',
  '`imported`: `@corral/inspect` is loaded, nothing is started. `listener`: `instrument({})`. `recorder`: 65 536 events. `spans`: `taskSpans` with the SDK of OpenTelemetry, and a processor that drops them.',
  '',
  '| work | with | CPU | x nothing | budget |',
  '|---|---|---|---|---|',
  ...rows,
  '',
  '| what | measured | budget |',
  '|---|---|---|',
  ...single,
  '',
  '"Everything" is the watchdog, `stuck`, the recorder, `taskSpans`, `publishTasks` with a subscriber, and metrics that are asked for once in 10^6 tasks.',
  '',
].join('\n')
const results = fileURLToPath(new URL('../results/inspect-costs.md', import.meta.url))
writeFileSync(results, page)
console.log(page)
