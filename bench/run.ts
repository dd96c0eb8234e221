// npm run bench [-- filter] [--rounds 5]: floor, peers and corral in one run; writes bench/results/.
import { mkdirSync, writeFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { growth } from './harness/growth.ts'
import { installPeers } from './harness/install-peers.ts'
import { hasPython, measure } from './harness/measure.ts'
import { plot } from './harness/plot.ts'
import { markdown, verdicts } from './harness/report.ts'
import type { Row } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
})
const root = fileURLToPath(new URL('.', import.meta.url))
installPeers()

const python = await hasPython()
if (!python) console.log('python3 with asyncio.TaskGroup is not here: its rows are left out')
const files: string[] = []
for await (const file of glob('*/*.bench.ts', { cwd: root })) files.push(file)
files.sort()

const rows: Row[] = []
for (const file of files) {
  if (positionals.length > 0 && !positionals.some((filter) => file.includes(filter))) continue
  const { suites } = (await import(pathToFileURL(root + file).href)) as { suites: Suite[] }
  for (const [index, suite] of suites.entries()) {
    process.stdout.write(`${suite.title} ...`)
    const figures = await measure(`${root}${file}#${index}`, suite, {
      rounds: Number(values.rounds),
      python,
    })
    rows.push({ suite, figures })
    const ours = figures.find(({ name }) => name === 'corral')?.median ?? Number.NaN
    console.log(` ${ours.toFixed(0)}  ${verdicts(suite, figures).join('; ')}`)
  }
}
const growths = positionals.length > 0 ? [] : await growth(`${root}scope/growth.ts`)

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`
const about =
  `Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}; ${values.rounds} interleaved rounds, each sample in a ` +
  'process of its own, CPU time of the whole process, medians, ± half the range over the rounds. On a shared machine trust ratios of 1.3 and more.'
const page = markdown(rows, growths, about)
console.log(`\n${page}`)
if (positionals.length === 0) {
  mkdirSync(`${root}results`, { recursive: true })
  writeFileSync(`${root}results/core.md`, page)
  writeFileSync(`${root}results/core.svg`, plot(rows))
  console.log('written: bench/results/core.md and core.svg')
}
