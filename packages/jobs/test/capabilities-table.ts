// The table of what each engine can do, from what the conformance suite runs on each. Writes it into the guide:
// node --conditions=@corral/source packages/jobs/test/capabilities-table.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { capabilitiesOf } from '../src/store/capabilities-of.ts'
import { capabilities } from '../src/store/capability.ts'

export const guide: string = fileURLToPath(
  new URL('../../../docs/jobs-operations.md', import.meta.url),
)

const begin = '<!-- capabilities: made by packages/jobs/test/capabilities-table.ts -->\n'
const end = '<!-- end -->'

/** What `capability.ts` says of each, in its own words. */
function meanings(): ReadonlyMap<string, string> {
  const source = readFileSync(new URL('../src/store/capability.ts', import.meta.url), 'utf8')
  const lines = source.matchAll(/^ \* {3}(\w+) {2,}(.+)$/gm)
  return new Map([...lines].map(([, name = '', text = '']) => [name, text]))
}

export function capabilitiesTable(): string {
  const names = ['SQLite', 'PostgreSQL', 'BullMQ', 'JetStream']
  const engines = Object.values(capabilitiesOf)
  const known = meanings()
  const rows = capabilities.map((capability) => {
    const cells = engines.map((able) => (able.includes(capability) ? 'yes' : ''))
    return [`\`${capability}\``, known.get(capability) ?? '', ...cells]
  })
  const table = [['capability', 'what', ...names], ...rows]
  const widths =
    table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? []
  const lines = table.map(
    (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`,
  )
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** The guide with the table as it must be. */
export function withTable(text: string): string {
  const from = text.indexOf(begin) + begin.length
  return `${text.slice(0, from)}\n${capabilitiesTable()}\n\n${text.slice(text.indexOf(end))}`
}

if (import.meta.main) writeFileSync(guide, withTable(readFileSync(guide, 'utf8')))
