// npm run bench:crawl:scale: what a crawl of 10^9 pages needs: a simulation of its frontier, hosts, disk and
// machines. Writes bench/results/crawl-scale.md; takes some seconds. The figures of one machine are measured: see docs/crawl-at-scale.md.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { simulate, type Moment, type Scenario } from './scale/simulate.ts'
import { makeWeb } from './scale/web.ts'

const file = fileURLToPath(new URL('../results/crawl-scale.md', import.meta.url))
/**
 * Pages a second that one database takes, and one process fetches and parses (of the web, which is farther away than what was
 * measured); bytes in the database, with its indexes.
 */
const measured = { store: 800, process: 1000, urlBytes: 400, pageBytes: 150, linkBytes: 100 }
/** Bytes of a page as it comes, packed. */
const wire = 30_000

const base: Scenario = {
  pages: 1e9,
  hosts: 2e7,
  largest: 1e7,
  delay: 1,
  machineRate: 8 * measured.process,
  storeRate: 8 * measured.store,
  links: 40,
  local: 0.8,
  seeds: 1000,
  perHost: Infinity,
}
const scenarios: readonly (readonly [name: string, scenario: Scenario])[] = [
  ['one database', { ...base, storeRate: measured.store, machineRate: measured.process }],
  ['8 databases, 8 machines', base],
  ['the same, 100 000 pages of a host at the most', { ...base, perHost: 1e5 }],
  [
    '32 databases, 32 machines, 100 000',
    {
      ...base,
      perHost: 1e5,
      machineRate: 32 * measured.process,
      storeRate: 32 * measured.store,
    },
  ],
  [
    'the same, 10 s between two requests to a host',
    {
      ...base,
      perHost: 1e5,
      delay: 10,
      machineRate: 32 * measured.process,
      storeRate: 32 * measured.store,
    },
  ],
]

const results = scenarios.map(([name, scenario]) => ({
  name,
  scenario,
  run: [...simulate(scenario)],
}))

function last(run: readonly Moment[]): Moment {
  const found = run.at(-1)
  if (found === undefined) throw new Error('a run without an hour')
  return found
}

/** Days until so much of what is fetched in the end was. */
function daysUntil(run: readonly Moment[], part: number): string {
  const found = run.find(({ fetched }) => fetched >= last(run).fetched * part)
  return (found?.days ?? Number.NaN).toFixed(1)
}

function summary({ name, scenario, run }: (typeof results)[number]): string {
  const { fetched, known } = last(run)
  const peak = Math.max(...run.map((moment) => moment.known - moment.fetched))
  const polite = run.find((moment) => moment.bound === 'politeness' && moment.fetched > fetched / 2)
  const rate = Math.max(...run.map((moment) => moment.rate))
  const { urlBytes, pageBytes, linkBytes } = measured
  const disk = known * urlBytes + fetched * (pageBytes + scenario.links * linkBytes)
  const cells = [
    name,
    millions(fetched),
    [0.5, 0.9, 0.99, 1].map((part) => daysUntil(run, part)).join(', '),
    rate.toFixed(0),
    polite === undefined ? 'never' : `${((100 * polite.fetched) / fetched).toFixed(0)} %`,
    millions(peak),
    (disk / 1e12).toFixed(1),
    ((rate * wire * 8) / 1e9).toFixed(2),
    Math.ceil(Math.min(rate, scenario.machineRate) / measured.process).toFixed(0),
  ]
  return `| ${cells.join(' | ')} |`
}

function course(run: readonly Moment[]): string[] {
  const at = [0.01, 1, 5, 10, 20, 30, 60, 120]
  const rows = at.flatMap((days) => run.find((moment) => moment.days >= days) ?? [])
  return [...new Set([...rows, last(run)])].map((moment) => {
    const { days, fetched, known, active, rate, bound } = moment
    const queued = known - fetched
    return `| ${[days.toFixed(1), ...[fetched, known, queued].map(millions), active.toFixed(0), rate.toFixed(0), bound].join(' | ')} |`
  })
}

function millions(count: number): string {
  return (count / 1e6).toFixed(count < 1e7 ? 2 : 0)
}

const { exponent, classes } = makeWeb(base)
const shown = results[1]
if (shown === undefined) throw new Error('no scenario')
const large = classes.filter(({ size }) => size > 100_000)
const text = `# A crawl of 10^9 pages, simulated

Made by \`npm run bench:crawl:scale\`; what it means: docs/crawl-at-scale.md.

The web: ${base.pages.toExponential()} pages on ${millions(base.hosts)} million hosts, ${base.pages / base.hosts} each in the middle, of sizes by a power law (exponent
${exponent.toFixed(2)}; the largest has 2^${Math.floor(Math.log2(base.largest))} pages); ${large.reduce((sum, { hosts }) => sum + hosts, 0).toFixed(0)} hosts have more than 100 000 pages, and
${((100 * large.reduce((sum, { hosts, size }) => sum + hosts * size, 0)) / base.pages).toFixed(0)} % of all. A page has ${base.links} links, ${100 * base.local} % of them to its own host. ${base.seeds} hosts are known at the start. One request to a host every ${base.delay} s.

One machine: ${measured.process} pages/s fetched and parsed; one database: ${measured.store} pages/s stored, ${measured.urlBytes} bytes a URL, ${measured.pageBytes} a page and ${measured.linkBytes} a link; ${wire / 1000} kB a page on the wire.

| | million pages | days to 50, 90, 99, 100 % | pages/s at the most | politeness is the bound from | million queued at the most | disk, TB | Gbit/s | machines |
|---|---|---|---|---|---|---|---|---|
${results.map(summary).join('\n')}

## The course of "${shown.name}"

Pages and URLs in millions.

| days | fetched | known | queued | hosts with something queued | pages/s | bound by |
|---|---|---|---|---|---|---|
${course(shown.run).join('\n')}
`
await writeFile(file, text)
console.log(text)
