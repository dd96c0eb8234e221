import type { Figure } from './measure.ts'
import type { Suite } from './suite.ts'

/** One measured row. */
export interface Row {
  readonly suite: Suite
  readonly figures: readonly Figure[]
}

/** One measured growth: CPU per operation at each size. */
export interface Growth {
  readonly title: string
  readonly sizes: readonly number[]
  readonly values: readonly number[]
}

/** The whole run as a Markdown page: ratios first, since only they can be trusted. */
export function markdown(rows: readonly Row[], growths: readonly Growth[], about: string): string {
  return [
    '# Benchmarks',
    '',
    about,
    '',
    '| work | corral | others (theirs; corral / theirs) | budget |',
    '|---|---|---|---|',
    ...rows.map(line),
    '',
    ...growthTable(growths),
  ].join('\n')
}

function growthTable(growths: readonly Growth[]): string[] {
  const [first] = growths
  if (first === undefined) return []
  return [
    '## How cost grows',
    '',
    'CPU per operation when so many wait, sleep, live or nest at once.',
    '',
    `| what | ${first.sizes.map((size) => size.toLocaleString('en')).join(' | ')} |`,
    `|---|${first.sizes.map(() => '---').join('|')}|`,
    ...growths.map(
      ({ title, values }) => `| ${title} | ${values.map((value) => time(value)).join(' | ')} |`,
    ),
    '',
  ]
}

function line({ suite, figures }: Row): string {
  const ours = figures.find(({ name }) => name === 'corral')
  if (ours === undefined) return `| ${suite.title} | - | - | - |`
  const others = figures
    .filter(({ name }) => name !== 'corral')
    .map(
      (figure) =>
        `${figure.name} ${show(suite, figure)} (${(ours.median / figure.median).toFixed(2)})`,
    )
  return `| ${suite.title} | ${show(suite, ours)} | ${others.join('; ')} | ${verdicts(suite, figures).join('; ') || '-'} |`
}

/** Each budget and whether it was met. */
export function verdicts(suite: Suite, figures: readonly Figure[]): string[] {
  const value = (name: string): number =>
    figures.find((figure) => figure.name === name)?.median ?? Number.NaN
  const out: string[] = []
  for (const [name, budget] of Object.entries(suite.budgets ?? {})) {
    const ratio = value('corral') / value(name)
    if (!Number.isNaN(ratio)) {
      out.push(`<= ${budget} x ${name}: ${ratio <= budget ? 'met' : `**${ratio.toFixed(2)}**`}`)
    }
  }
  if (suite.limit !== undefined) {
    const met = value('corral') <= suite.limit
    out.push(`<= ${unit(suite, suite.limit)}: ${met ? 'met' : '**missed**'}`)
  }
  return out
}

function show(suite: Suite, { median, spread }: Figure): string {
  return `${unit(suite, median)} ±${Math.round((spread * 100) / 2)} %`
}

function unit(suite: Suite, value: number): string {
  return suite.measure === 'bytes' ? `${Math.round(value)} B` : time(value)
}

function time(ns: number): string {
  return ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} us`
}
