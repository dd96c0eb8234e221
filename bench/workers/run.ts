// npm run build && node bench/workers/run.ts [--rounds 5]: calls per second of each contender in turn, each sample in a
// process of its own, and how long it takes to cancel.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { contenders, IN_FLIGHT, THREADS } from './contenders.ts'

const exec = promisify(execFile)
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const file = fileURLToPath(new URL('./sample.ts', import.meta.url))

async function sample<T>(name: string): Promise<T> {
  const { stdout } = await exec(process.execPath, [...process.execArgv, file, name])
  return JSON.parse(stdout) as T
}

const names = Object.keys(contenders)
const rates = new Map<string, number[]>(names.map((name) => [name, []]))
for (let round = 0; round < Number(values.rounds); round++) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    rates.get(name)?.push(await sample<number>(name))
  }
}

const sorted = (of: readonly number[]): number[] => of.toSorted((a, b) => a - b)
const median = (of: readonly number[]): number => sorted(of)[of.length >> 1] as number
const ours = median(rates.get('corral') ?? [])
console.log(`Node ${process.versions.node}, ${THREADS} threads, ${IN_FLIGHT} in flight\n`)
console.log('|  | calls/s | corral is |\n| --- | ---: | ---: |')
for (const [name, samples] of rates) {
  const rate = median(samples)
  console.log(`| ${name} | ${rate.toFixed(0)} | ${(ours / rate).toFixed(2)} x |`)
}

const { hot, polite, stoodStill, nsPerCheckpoint } = await sample<{
  hot: number[]
  polite: number[]
  stoodStill: number
  nsPerCheckpoint: number
}>('cancel')
console.log('\n| cancelled, neighbour at work | median ms | worst ms |\n| --- | ---: | ---: |')
for (const [title, of] of [
  ['a hot loop without a checkpoint', hot],
  ['a loop with a checkpoint', polite],
] as const) {
  console.log(`| ${title} | ${median(of).toFixed(1)} | ${sorted(of).at(-1)?.toFixed(1)} |`)
}
console.log(`\nof ${hot.length + polite.length} times the neighbour stood still: ${stoodStill}`)
console.log(`checkpoint() in a thread: ${nsPerCheckpoint.toFixed(0)} ns`)
