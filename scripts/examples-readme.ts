/** Writes the index of the examples and a page for each, beside its asyncio twin and with what it prints. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

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

/** Examples that are several programs: folders with a `main.ts`. */
function listFolders(): string[] {
  return readdirSync(folder).filter((name) => exists(`${name}/main.ts`))
}

/** The pages of the examples folder, by file name. */
export function renderPages(): Map<string, string> {
  const names = listExamples()
  const pages = names.map(
    (name, i) => [`${name}.md`, page(name, names[i - 1], names[i + 1])] as const,
  )
  return new Map([['README.md', index(names)], ...pages])
}

/** Pages of examples that are no more. */
export function stalePages(pages: ReadonlyMap<string, string>): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.md') && !pages.has(file))
}

function index(names: readonly string[]): string {
  const rows = [
    ...names.map((name) => [`[${titleOf(name)}](${name}.md)`, aboutOf(`${name}.ts`)]),
    ...listFolders().map((name) => [`[${titleOf(name)}](${name})`, aboutOf(`${name}/main.ts`)]),
  ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return `# Examples

Each example is a complete program, run by the tests. Its page shows it beside the same program in Python's asyncio (3.11 or
later, no packages), with the output of both; those of several programs are folders.

\`\`\`sh
npm run example -- 03        # on the sources, with the Node that the project brings
npm run build && node examples/03-tasks.ts   # with your own Node, 24.2 or later
\`\`\`

${table(['example', 'shows'], rows)}
`
}

function page(name: string, before: string | undefined, after: string | undefined): string {
  const twin = `asyncio/${name}.py`
  const differs = exists(`output/${name}.asyncio.txt`)
  const links = [
    before === undefined ? '' : `← [${titleOf(before)}](${before}.md)`,
    `[all examples](README.md)`,
    after === undefined ? '' : `[${titleOf(after)}](${after}.md) →`,
  ]
  return `# ${titleOf(name)}

${aboutOf(`${name}.ts`)}

\`\`\`sh
npm run example -- ${name.slice(0, 2)}
\`\`\`

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
}
${links.filter((link) => link !== '').join(' · ')}
`
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

/** The comment that an example begins with. */
function aboutOf(file: string): string {
  const [comment = ''] = /^(\/\/ .*\n)+/.exec(read(file)) ?? []
  return comment
    .replaceAll(/^\/\/ /gm, '')
    .trim()
    .replaceAll('\n', ' ')
}

/** The file without the comment that it begins with. */
function bodyOf(file: string): string {
  return read(file).replace(/^((#|\/\/).*\n)+/, '')
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

if (import.meta.main) {
  const pages = renderPages()
  for (const [file, text] of pages) writeFileSync(new URL(file, folder), text)
  for (const file of stalePages(pages)) rmSync(new URL(file, folder))
}
