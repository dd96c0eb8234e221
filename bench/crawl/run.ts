// npm run bench:crawl [-- pages] [--rounds 5]: bare undici and the crawl, in turn, against one local server;
// what is measured is the built package, as it is installed.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

interface Sample {
  readonly pages: number
  readonly seconds: number
  readonly cpu: number
  readonly megabytes: number
}

const exec = promisify(execFile)
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
})
const pages = positionals[0] ?? '2000'

const site = spawn(process.execPath, [here('site.ts'), pages], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const base = String((await once(site.stdout, 'data'))[0]).trim()
const samples = { bare: [] as Sample[], ours: [] as Sample[] }
try {
  for (let round = 0; round <= Number(values.rounds); round++) {
    const names = ['bare', 'ours'] as const
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { stdout } = await exec(process.execPath, [here(`${name}.js`), base, pages])
      const sample = JSON.parse(stdout) as Sample
      if (sample.pages !== Number(pages)) throw new Error(`${name}: ${sample.pages} pages`)
      if (round > 0) samples[name].push(sample) // the first warms up the server
    }
  }
} finally {
  site.kill()
}

function median(of: readonly Sample[], figure: (sample: Sample) => number): number {
  return of.map(figure).toSorted((a, b) => a - b)[of.length >> 1] as number
}
const rate = (sample: Sample): number => sample.pages / sample.seconds
console.log(`| ${pages} pages, concurrency 100 | pages/s | CPU s | MB |\n|---|---|---|---|`)
for (const [name, title] of [
  ['bare', 'undici alone, a list'],
  ['ours', 'corral crawl, parsed and stored'],
] as const) {
  const of = samples[name]
  const row = [
    median(of, rate).toFixed(0),
    median(of, (s) => s.cpu).toFixed(2),
    median(of, (s) => s.megabytes).toFixed(0),
  ]
  console.log(`| ${title} | ${row.join(' | ')} |`)
}
const ratios = samples.ours
  .map((ours, i) => rate(ours) / rate(samples.bare[i] as Sample))
  .toSorted((a, b) => a - b)
console.log(
  `\nrate of the crawl / rate of undici alone: ${ratios[ratios.length >> 1]?.toFixed(2)} ` +
    `(round by round: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
)
