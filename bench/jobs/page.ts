import { cpus } from 'node:os'
import { budgets, type Budget } from './budgets.ts'
import type { Bars } from './plot.ts'
import type { Sample } from './sample.ts'

/** Samples by scenario and engine. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>

/** Of an even number of values the mean of the middle two. */
function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b)
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}
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

/** What the picture shows. */
export function barsOf(samples: Samples): readonly Bars[] {
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

/** The page of results. */
export function pageOf(samples: Samples, load: number, rounds: number): string {
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
