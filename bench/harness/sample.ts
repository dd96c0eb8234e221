// One sample in a process of its own: `node sample.ts <file>#<suite> <case> [n]` prints one number.
import { pathToFileURL } from 'node:url'
import type { Suite } from './suite.ts'

const [where, name, count] = process.argv.slice(2) as [string, string, string | undefined]
const [file, index] = where.split('#') as [string, string]
const { suites } = (await import(pathToFileURL(file).href)) as { suites: Suite[] }
const suite = suites[Number(index)]
const work = suite?.cases[name]
if (suite === undefined || work === undefined) throw new Error(`${where} has no case ${name}`)

function cpuNs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) * 1000
}

const n = count === undefined ? suite.n : Number(count)
if (suite.measure === 'bytes') {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await work(n) // holds what it makes, and leaves it so
  globalThis.gc?.()
  console.log((process.memoryUsage().heapUsed - before) / n)
  process.exit(0)
}

const warm = process.cpuUsage() // let the compiler have its way
do await work(Math.min(n, 20_000))
while (cpuNs(warm) < 300e6)
const samples: number[] = []
let spent = 0
while (spent < 200e6 || samples.length < 3) {
  const start = process.cpuUsage() // no collection by hand in between: it throws compiled code away
  await work(n)
  const used = cpuNs(start)
  samples.push(used / n)
  spent += used
}
samples.sort((a, b) => a - b)
console.log(samples[samples.length >> 1])
process.exit(0)
