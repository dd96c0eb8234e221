/**
 * Checks every package as npm would publish it, from its tarball: entry points and `bin` resolve, README, LICENSE and
 * CHANGELOG are there, and the types compile in a project that has nothing but the package and what it depends on.
 * Needs `npm run build` first. Run it by `npm run check:packages`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { parsePage, readPages } from '../docs/test/markdown.ts'
import { matches } from '../docs/test/program.ts'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types?: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

const root = fileURLToPath(new URL('../', import.meta.url))
const shell = process.platform === 'win32'
const temporary = mkdtempSync(join(tmpdir(), 'corral-packages-'))
const problems: string[] = []

const manifests = new Map<string, Manifest>()
for (const folder of readdirSync(`${root}packages`).sort()) {
  const pkgDir = `${root}packages/${folder}`
  const manifest = JSON.parse(readFileSync(`${pkgDir}/package.json`, 'utf8')) as Manifest
  manifests.set(manifest.name, manifest)
  const { messages, pkg } = await publint({ pkgDir, strict: true })
  for (const message of messages) {
    problems.push(`${manifest.name}: ${formatMessage(message, pkg) ?? message.code}`)
  }
}

const pack = ['pack', '--json', '--pack-destination', temporary]
for (const name of manifests.keys()) pack.push('--workspace', name)
const listing = execFileSync('npm', pack, { cwd: root, encoding: 'utf8', shell })
/** The tarballs by package. */
const tarballs = new Map<string, string>()
for (const { name, filename, files } of packedOf(JSON.parse(listing))) {
  tarballs.set(name, join(temporary, filename.replace('@', '').replace('/', '-')))
  const paths = new Set(files.map((file) => file.path))
  for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    if (!paths.has(path)) problems.push(`${name}: ${path} must be in the package`)
  }
}
for (const name of tarballs.keys()) problems.push(...typeErrors(name))
problems.push(...userErrors())
let ran = 0
problems.push(...exampleErrors())

rmSync(temporary, { recursive: true, force: true })
for (const problem of problems) process.stderr.write(`${problem}\n`)
if (problems.length > 0) process.exit(1)
process.stdout.write(
  `packages: ${tarballs.size} tarballs are complete, their types compile, and ${ran} programs of their READMEs run\n`,
)

/** npm lists what it packed as an array, or as a record by name. */
function packedOf(json: unknown): readonly Packed[] {
  return Object.values(json as Record<string, Packed>)
}

/** Type-checks all entry points with no types but those that come along, and the oldest `lib` that README.md names. */
function typeErrors(name: string): string[] {
  const manifest = manifests.get(name)
  if (manifest === undefined) return [`${name}: unknown`]
  const entries = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target !== 'string' && target.types !== undefined)
    .map(([path]) => name + path.slice(1))
  if (entries.length === 0) return []
  const project = join(temporary, 'projects', name)
  mkdirSync(project, { recursive: true })
  install(project, name)
  const imports = entries.map((entry, i) => `import * as entry${i} from '${entry}'\nvoid entry${i}`)
  writeFileSync(join(project, 'index.ts'), imports.join('\n'))
  const errors = compilerErrors(project, { target: 'es2022', lib: ['es2022'], types: [] })
  return errors.length === 0 ? [] : [`${name}: its types do not compile`, ...errors]
}

/** Type-checks what users are shown against the types that they get: our sources have members that the packages do not. */
function userErrors(): string[] {
  const project = join(temporary, 'user')
  mkdirSync(project)
  for (const name of tarballs.keys()) install(project, name)
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const names = name.startsWith('@') ? readdirSync(join(root, 'node_modules', name)) : ['']
    for (const rest of names) if (!name.startsWith('.')) install(project, join(name, rest))
  }
  for (const { path, blocks } of readPages()) {
    for (const { language, line, code } of blocks) {
      const file = `${path.replaceAll(/\W+/g, '-')}-${line}.ts`
      if (language === 'ts') writeFileSync(join(project, file), `${code}\nexport {}\n`)
    }
  }
  for (const folder of ['examples', 'apps']) {
    cpSync(join(root, folder), join(project, folder), { recursive: true, filter: isShown })
  }
  return compilerErrors(project, {
    target: 'es2024',
    lib: ['esnext'],
    types: ['node'],
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  })
}

/** Whether a file of an example or an app is for its readers, and no test. */
function isShown(path: string): boolean {
  return !/node_modules|\btest\b/.test(path.slice(root.length))
}

/** What the compiler says of a project's files, line by line. */
function compilerErrors(project: string, options: object): string[] {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  const compilerOptions = { strict: true, module: 'nodenext', noEmit: true, ...options }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')))
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], {
    cwd: project,
    encoding: 'utf8',
  })
  return status === 0 ? [] : (stdout + stderr).split('\n').filter((line) => line !== '')
}

/** Puts a package into a project, and all that it depends on: ours from their tarballs, the others as installed here. */
function install(project: string, name: string): void {
  const target = join(project, 'node_modules', name)
  if (existsSync(target)) return
  const tarball = tarballs.get(name)
  if (tarball === undefined) {
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), target, 'junction')
    return
  }
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['xzf', tarball, '-C', target, '--strip-components=1'])
  const { dependencies, peerDependencies } = manifests.get(name) ?? {}
  for (const other of Object.keys({ ...dependencies, ...peerDependencies })) install(project, other)
}

/** Lets npm install every tarball into an empty project, and runs there what the READMEs in them show. */
function exampleErrors(): string[] {
  const project = join(temporary, 'installed')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const add = (...packages: readonly string[]): void => {
    execFileSync('npm', [...npm, ...packages], { cwd: project, encoding: 'utf8', shell })
  }
  add(...tarballs.values())
  const examples = [...tarballs.keys()].flatMap((name) => {
    const readme = readFileSync(join(project, 'node_modules', name, 'README.md'), 'utf8')
    return parsePage(name, readme)
      .blocks.filter(({ language }) => language === 'ts')
      .map((block) => ({ name, ...block }))
  })
  const imported = examples.flatMap(({ code }) => [...code.matchAll(/from '([^'.:]+)'/g)])
  const foreign = new Set(
    imported.map(([, path = '']) =>
      path
        .split('/')
        .slice(0, path.startsWith('@') ? 2 : 1)
        .join('/'),
    ),
  )
  add(
    ...[...foreign]
      .filter((name) => !tarballs.has(name))
      .map((name) => `${name}@${versionOf(name)}`),
  )
  return examples.flatMap(({ name, line, code, output = '' }) => {
    ran += 1
    const file = join(project, `${name.replaceAll(/\W+/g, '-')}-${line}.ts`)
    writeFileSync(file, `${code}\nexport {}\n`)
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: project,
      encoding: 'utf8',
      timeout: 60_000,
    })
    if (status === 0 && stderr === '' && matches(stdout, output)) return []
    return [
      `${name}: the program in its README, line ${line}, exited with ${status} and printed`,
      stdout + stderr,
    ]
  })
}

/** What is installed here. */
function versionOf(name: string): string {
  const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
