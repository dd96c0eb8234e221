// npm run bench:crawl:manuals: crawls the HTML manuals of Debian's documentation packages, as far as they are installed (apt-get install
// python3-doc postgresql-doc git-doc sqlite3-doc debian-reference-en valgrind), and compares what was stored with a walk through their
// files by another parser (python3). Every difference is printed; writes bench/results/crawl-manuals.md. Exit 1 when there is one, or
// no manual.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { crawl, StoreReader } from '@corral/crawl'
import { run } from 'corral'
import { serveDirectory } from './manuals/static-server.ts'

const manuals = [
  ['python', '/usr/share/doc/python3.11/html', '/'],
  ['postgresql', '/usr/share/doc/postgresql-doc-15/html', '/'],
  ['sqlite', '/usr/share/doc/sqlite3', '/index.html'],
  ['git', '/usr/share/doc/git/html', '/'],
  ['debian-reference', '/usr/share/debian-reference', '/index.en.html'],
  ['valgrind', '/usr/share/doc/valgrind/html', '/'],
  ['libxslt', '/usr/share/doc/libxslt1-dev/html', '/'],
  ['bash', '/usr/share/doc/bash', '/bashref.html'],
  ['rust', '/usr/share/doc/rust-doc/html', '/'],
] as const

interface Walk {
  readonly pages: readonly string[]
  readonly missing: readonly string[]
  readonly others: readonly string[]
}

const exec = promisify(execFile)
const script = fileURLToPath(new URL('manuals/walk.py', import.meta.url))
let differences = 0
const rows: string[] = []
console.log('| manual | pages | other files | links to nowhere | seconds | pages/s | differences |')
console.log('|---|---|---|---|---|---|---|')
for (const [name, path, start] of manuals) {
  const first = start.endsWith('/') ? 'index.html' : start
  if (existsSync(join(path, first))) differences += await compare(name, await realpath(path), start)
}
process.exitCode = differences === 0 && rows.length > 0 ? 0 : 1
await writeFile(
  fileURLToPath(new URL('../results/crawl-manuals.md', import.meta.url)),
  `# Manuals, crawled and walked

Made by \`npm run bench:crawl:manuals\`, Node ${process.versions.node}: the pages of each manual as the crawl stored them, against a walk through its files
by another parser.

| manual | pages | other files | links to nowhere | differences |
|---|---|---|---|---|
${rows.join('\n')}
`,
)

async function compare(name: string, directory: string, start: string): Promise<number> {
  const { stdout } = await exec('python3', [script, directory, start], { maxBuffer: 1e9 })
  const walk = JSON.parse(stdout) as Walk
  const home = await mkdtemp(join(tmpdir(), 'corral-manuals-'))
  try {
    await using site = await serveDirectory(directory)
    const store = join(home, 'crawl.db')
    const started = performance.now()
    const limits = { maxLinks: Infinity, maxUrlLength: 10_000 }
    await run(async () => await crawl({ seeds: [site.origin + start], store, limits }))
    const seconds = (performance.now() - started) / 1000
    const found = stored(store, site.origin)
    const lines = [
      ...differ('a page', walk.pages, found.pages),
      ...differ('another file', walk.others, found.others),
      ...differ('a link to nowhere', walk.missing, found.missing),
      ...found.strange,
    ]
    const counts = [found.pages.size, found.others.size, found.missing.size]
    const speed = [seconds.toFixed(1), (found.pages.size / seconds).toFixed(0)]
    rows.push(`| ${[name, ...counts, lines.length].join(' | ')} |`)
    console.log(`| ${[name, ...counts, ...speed, lines.length].join(' | ')} |`)
    for (const line of lines.slice(0, 20)) console.log(`  ${line}`)
    return lines.length
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

function stored(file: string, origin: string) {
  using reader = new StoreReader(file)
  const [pages, others, missing] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const strange: string[] = []
  for (const { url, status, content_type: type } of reader.pages()) {
    if (status !== 200) continue // a directory without its slash: what it leads to counts
    const isPage = type === null || /html/.test(type)
    const set = isPage ? pages : others
    set.add(nameOf(url, origin))
  }
  for (const { url, kind, code, message } of reader.errors()) {
    if (kind === 'http' && code === '404') missing.add(nameOf(url, origin))
    else strange.push(`${kind} ${code} ${url}: ${message}`)
  }
  return { pages, others, missing, strange }
}

function nameOf(url: string, origin: string): string {
  const { pathname, search } = new URL(url, origin)
  return decodeURIComponent(pathname) + search
}

function differ(what: string, walked: readonly string[], crawled: ReadonlySet<string>): string[] {
  const expected = new Set(walked)
  const lost = [...expected.difference(crawled)].map((name) => `not crawled, ${what}: ${name}`)
  const more = [...crawled.difference(expected)].map((name) => `not walked to, ${what}: ${name}`)
  return [...lost, ...more]
}
