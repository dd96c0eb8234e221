// npm run bench:node:chaos [-- WORDS]: what must not do harm to @corral/node, each in a process of its own; writes
// bench/results/node-chaos.md unless only the rows that contain WORDS are run.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { input } from './input.ts'
import { network } from './network.ts'
import { processes } from './processes.ts'
import type { Row } from './row.ts'
import { system } from './system.ts'

const AREAS: Readonly<Record<string, readonly Row[]>> = { processes, system, network, input }
const SELF = fileURLToPath(import.meta.url)

if (process.argv[2] === '--row') {
  // What Node opens once and keeps: a spare descriptor, for streams.
  const server = createServer().listen(0)
  await once(server, 'listening')
  await new Promise((done) => server.close(done))
  await new Promise((done) => setTimeout(done, 100)) // what is closed is gone some turns later
  const row = AREAS[process.argv[3] ?? '']?.[Number(process.argv[4])]
  console.log(`\nseen: ${await row?.run()}`)
  process.exit()
}

const words = process.argv.slice(2).join(' ')
let wrong = 0
let left = 0

/** What one row has seen, or why it has seen nothing. */
function see(area: string, index: number, { through = [] }: Row): string | undefined {
  const works = spawnSync(through[0] ?? 'true', [...through.slice(1), 'true'])
  if (works.status !== 0) return undefined
  const [file, ...args] = [
    ...through,
    process.execPath,
    ...process.execArgv,
    SELF,
    '--row',
    area,
    String(index),
  ]
  const { stdout, stderr, signal } = spawnSync(file, args, { encoding: 'utf8', timeout: 120_000 })
  const seen = /^seen: (.*)$/m.exec(stdout)?.[1]
  if (seen !== undefined) return seen
  return `it died (${signal ?? ''}): ${stderr.trim().split('\n').slice(0, 6).join(' ').slice(0, 300)}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const tables: string[] = []
for (const [area, rows] of Object.entries(AREAS)) {
  const table = [`## ${area}`, '', '| what | expected | seen | |', '| --- | --- | --- | --- |']
  for (const [i, row] of rows.entries()) {
    if (!row.what.includes(words)) continue
    const seen = see(area, i, row)
    if (seen === undefined) left += 1
    else if (seen !== row.expected) wrong += 1
    const verdict = seen === undefined ? 'left out' : seen === row.expected ? '' : 'NO'
    const said = seen ?? `\`${row.through?.[0]}\` does not work here`
    table.push(
      `| ${cell(row.what)} | ${cell(row.expected)} | ${seen === row.expected ? 'the same' : cell(said)} | ${verdict} |`,
    )
    console.log(table.at(-1))
  }
  tables.push(table.join('\n'))
}
const count = Object.values(AREAS).flat().length
console.log(`${count} rows, ${wrong} wrong, ${left} left out`)
if (words === '') {
  const about = `Node ${process.versions.node}, ${process.platform}. Each row in a process of its own; descriptors and processes are counted after it. ${count} rows, ${wrong} not as expected, ${left} left out. Written by \`npm run bench:node:chaos\`.`
  const page = `# @corral/node: chaos and bad input\n\n${about}\n\n${tables.join('\n\n')}\n`
  writeFileSync(new URL('../../results/node-chaos.md', import.meta.url), page)
}
process.exitCode = wrong === 0 ? 0 : 1
