/** Writes examples/README.md: each example beside its asyncio twin, with what it prints. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

const folder = new URL('../examples/', import.meta.url)

/** The names of the examples, without `.ts`, in order. */
export function listExamples(): string[] {
  return readdirSync(folder)
    .filter((file) => /^\d\d-.*\.ts$/.test(file))
    .map((file) => file.replace('.ts', ''))
    .sort()
}

/** What the example prints, or its twin where that prints something else. */
export function expectedOutput(name: string, twin = false): string {
  const ofTwin = `output/${name}.asyncio.txt`
  return read(twin && exists(ofTwin) ? ofTwin : `output/${name}.txt`)
}

export function renderReadme(): string {
  const names = listExamples()
  const rows = names.map((name) => [`[${titleOf(name)}](#${anchorOf(name)})`, aboutOf(name)])
  return `# Examples

Each is a program of its own, and each is run by the tests. The left column is the same in Python's asyncio (3.11 or later, no
packages): it prints the same where nothing else is said.

\`\`\`sh
npm run example -- 03        # on the sources, with the Node that the project brings
npm run build && node examples/03-tasks.ts   # with a Node of yours, 24.2 or later
\`\`\`

${table(['example', 'shows'], rows)}

${names.map(section).join('\n')}`
}

function section(name: string): string {
  const twin = `asyncio/${name}.py`
  const differs = exists(`output/${name}.asyncio.txt`)
  return `## ${titleOf(name)}

${aboutOf(name)}

<table>
<tr><th>asyncio</th><th>corral</th></tr>
<tr valign="top"><td>

${fenced('python', bodyOf(twin))}

</td><td>

${fenced('ts', bodyOf(`${name}.ts`))}

</td></tr>
${
  differs
    ? `<tr valign="top"><td>

${fenced('text', expectedOutput(name, true))}

</td><td>

${fenced('text', expectedOutput(name))}

</td></tr>
</table>
`
    : `</table>

${fenced('text', expectedOutput(name))}
`
}`
}

/** A table as the formatter likes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = (column: number): number =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(width(column))).join(' | ')} |`
  return [head, head.map((_, column) => '-'.repeat(width(column))), ...rows].map(line).join('\n')
}

/** `03-tasks` as `03 Tasks`. */
function titleOf(name: string): string {
  const [number = '', ...words] = name.split('-')
  const [first = '', ...rest] = words.join(' ')
  return `${number} ${first.toUpperCase()}${rest.join('')}`
}

function anchorOf(name: string): string {
  return titleOf(name).toLowerCase().replaceAll(' ', '-')
}

/** The comment that an example begins with. */
function aboutOf(name: string): string {
  return read(`${name}.ts`).split('\n', 1)[0]?.replace('// ', '') ?? ''
}

/** The file without the comment that it begins with. */
function bodyOf(file: string): string {
  return read(file).replace(/^(#|\/\/).*\n/, '')
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trim()}\n\`\`\``
}

function read(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8')
}

function exists(path: string): boolean {
  return existsSync(new URL(path, folder))
}

if (import.meta.main) writeFileSync(new URL('README.md', folder), renderReadme())
