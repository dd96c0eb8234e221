// npm run bench:node: what @corral/node holds itself to, beside its peers; writes bench/results/node.md. It takes some minutes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const SCRIPTS = ['cancel.ts', 'many.ts', 'killed.ts', 'budgets.ts']

const tables = SCRIPTS.map((name) => {
  console.log(name)
  const file = fileURLToPath(new URL(name, import.meta.url))
  const args = [...process.execArgv, file]
  return execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
})
const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`
const about = `Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}. On a shared machine trust ratios of 1.3 and more.`
const page = `# Processes, sockets, files\n\n${about}\n\n${tables.join('\n')}`
console.log(page)
const results = fileURLToPath(new URL('../results/', import.meta.url))
mkdirSync(results, { recursive: true })
writeFileSync(`${results}node.md`, page)
