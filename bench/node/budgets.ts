// CPU of this process for a piece of work, ours beside what is there: every case in a process of its own, interleaved.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CASES } from './cases.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 5)

if (process.argv[2] !== undefined) {
  const [group = '', name = ''] = process.argv[2].split('/')
  const work = CASES[group]?.cases[name]
  if (work === undefined) throw new Error(`no case ${process.argv[2]}`)
  const measured = await work()
  console.log(measured)
  process.exit()
}

/** Only the work whose name contains this. */
const ONLY = process.env['ONLY'] ?? ''

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN

console.log('| work | case | CPU, ms (spread) | corral / case | budget |')
console.log('| --- | --- | ---: | ---: | --- |')
for (const [group, { cases, budget }] of Object.entries(CASES)) {
  if (!group.includes(ONLY)) continue
  const results = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, numbers] of results) {
      const args = [
        ...process.execArgv,
        '--expose-gc',
        fileURLToPath(import.meta.url),
        `${group}/${name}`,
      ]
      const { stdout, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        timeout: 60_000,
      })
      if (stdout.trim() === '') console.error(group, name, stderr.slice(0, 300))
      else numbers.push(Number(stdout))
    }
  }
  const ours = median(results.get('corral') ?? [])
  for (const [name, numbers] of results) {
    const value = median(numbers)
    const spread = `${Math.min(...numbers).toFixed(0)}-${Math.max(...numbers).toFixed(0)}`
    const ratio = name === 'corral' ? '' : (ours / value).toFixed(2)
    console.log(
      `| ${group} | ${name} | ${value.toFixed(0)} (${spread}) | ${ratio} | ${budget[name] ?? ''} |`,
    )
  }
}
