// npm run bench:packages: how large every package is, what it depends on, under which licences, and what `npm audit` says of it.
// Writes bench/results/packages.md.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const exec = promisify(execFile)
const bench = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../', import.meta.url))
if (!existsSync(`${bench}node_modules/esbuild`)) {
  throw new Error('run npm run bench once: it installs esbuild')
}
const { build } = await import('esbuild')

interface Locked {
  readonly version?: string
  readonly license?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

interface Packed {
  readonly name: string
  readonly size: number
  readonly unpackedSize: number
  readonly entryCount: number
}

interface Manifest extends Locked {
  readonly name: string
  readonly license: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(await readFile(`${root}package-lock.json`, 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}

/** Where a package is that another one depends on: as near as Node finds it. */
function find(from: string, name: string): string | undefined {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (lock.packages[path] !== undefined) return path
    if (folder === '') return undefined
    if (!folder.includes('/node_modules/')) folder = ''
  }
}

/** Every package that comes along, ours left out but not what those bring. */
function closure(path: string, found: Map<string, Locked> = new Map()): Map<string, Locked> {
  for (const name of Object.keys(lock.packages[path]?.dependencies ?? {})) {
    const at = find(path, name)
    const locked = at === undefined ? undefined : lock.packages[at]
    if (at === undefined || locked === undefined || found.has(at)) continue
    if (locked.link === true) {
      closure(locked.resolved ?? '', found)
    } else {
      found.set(at, locked)
      closure(at, found)
    }
  }
  return found
}

/** Bytes of its own code, all entry points in one, minified and compressed; what it imports left out. */
async function sizeOf(folder: string, { exports }: Manifest): Promise<number | undefined> {
  const sources = Object.values(exports).flatMap((target) =>
    typeof target === 'string' || target['@corral/source'] === undefined
      ? []
      : [target['@corral/source']],
  )
  if (sources.length === 0) return undefined
  const { outputFiles } = await build({
    stdin: {
      contents: sources.map((path, i) => `export * as all${i} from '${path}'`).join('\n'),
      resolveDir: `${root}${folder}`,
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'es2024',
    packages: 'external',
    write: false,
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

async function audit(): Promise<string> {
  try {
    const { stdout } = await exec('npm', ['audit', '--omit=dev', '--json'], { cwd: root })
    return `${(JSON.parse(stdout) as { metadata: { vulnerabilities: { total: number } } }).metadata.vulnerabilities.total} known vulnerabilities`
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    const said = JSON.parse(stdout === '' ? '{}' : stdout) as {
      message?: string
      metadata?: { vulnerabilities: { total: number } }
    }
    if (said.metadata !== undefined) {
      return `${said.metadata.vulnerabilities.total} known vulnerabilities`
    }
    return `not known: the registry gave no answer (${said.message?.split(' - ')[0] ?? String(error)})`
  }
}

const kilo = (bytes: number | undefined): string =>
  bytes === undefined ? '' : `${(bytes / 1000).toFixed(1)} kB`
const folders = Object.keys(lock.packages)
  .filter((path) => /^packages\/[^/]+$/.test(path))
  .sort()
const { stdout: packed } = await exec(
  'npm',
  ['pack', '--dry-run', '--json', ...folders.flatMap((folder) => ['--workspace', folder])],
  { cwd: root, maxBuffer: 2 ** 26 },
)
const tarballs = Object.values(JSON.parse(packed) as Record<string, Packed>)
const rows: string[] = []
const licences = new Map<string, Set<string>>()
for (const folder of folders) {
  const manifest = JSON.parse(await readFile(`${root}${folder}/package.json`, 'utf8')) as Manifest
  const tarball = tarballs.find(({ name }) => name === manifest.name)
  const direct = Object.keys(manifest.dependencies ?? {})
  const all = closure(folder)
  for (const [path, { license = 'unknown' }] of all) {
    licences.set(
      license,
      (licences.get(license) ?? new Set()).add(path.slice(path.lastIndexOf('node_modules/') + 13)),
    )
  }
  const ours = direct.filter((name) => lock.packages[`node_modules/${name}`]?.link === true)
  const foreign = direct.filter((name) => !ours.includes(name))
  const names = foreign.length === 0 ? '' : ` (${foreign.join(', ')})`
  rows.push(
    `| \`${manifest.name}\` | ${kilo(await sizeOf(folder, manifest))} | ${kilo(tarball?.size)} | ${kilo(tarball?.unpackedSize)} | ${tarball?.entryCount} | ${ours.length} | ${foreign.length}${names} | ${all.size} | ${manifest.license} |`,
  )
}
const page = `# The packages

Written by \`npm run bench:packages\` with Node ${process.versions.node}. The first size is that of a package's own code, all entry points together,
minified and compressed by gzip; what it imports is not in it. The tarball has the sources and their maps as well.

| package | min+gzip | tarball | unpacked | files | ours | direct dependencies | all that comes along | licence |
| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | --- |
${rows.join('\n')}

Licences of all that comes along:

| licence | packages |
| --- | --- |
${[...licences]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([licence, names]) =>
      `| ${licence} | ${[...names].toSorted((a, b) => (a < b ? -1 : 1)).join(', ')} |`,
  )
  .join('\n')}

\`npm audit --omit=dev\`: ${await audit()}.
`
await writeFile(new URL('results/packages.md', import.meta.url), page)
console.log(page)
