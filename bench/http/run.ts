// node --conditions=@corral/source bench/http/run.ts [--rounds 7]: bare undici.request and HttpSession in turn,
// each sample in a process of its own, against one local server.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

interface Sample {
  readonly rate: number
  readonly micros: number
}

const exec = promisify(execFile)
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } })

const server = spawn(process.execPath, [here('server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const base = String((await once(server.stdout, 'data'))[0]).trim()
const samples = { bare: [] as Sample[], session: [] as Sample[] }
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    const names = ['bare', 'session'] as const
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const argv = [...process.execArgv, here('sample.ts'), name, base]
      const { stdout } = await exec(process.execPath, argv)
      samples[name].push(JSON.parse(stdout) as Sample)
    }
  }
} finally {
  server.kill()
}

const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[of.length >> 1] as number
console.log('| 2 000 GETs, concurrency 100 | requests/s | CPU us each |\n|---|---|---|')
for (const [name, title] of [
  ['bare', 'undici.request'],
  ['session', 'HttpSession.get'],
] as const) {
  const rate = median(samples[name].map((sample) => sample.rate))
  const micros = median(samples[name].map((sample) => sample.micros))
  console.log(`| ${title} | ${rate.toFixed(0)} | ${micros.toFixed(1)} |`)
}
const ratios = samples.session.map(({ rate }, i) => rate / (samples.bare[i]?.rate ?? 0))
console.log(
  `\nHttpSession / undici: ${median(ratios).toFixed(2)} (round by round: ${ratios.map((r) => r.toFixed(2)).join(', ')})`,
)
