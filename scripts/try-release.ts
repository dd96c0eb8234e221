/**
 * Tries a release without publishing anything: in a clone, versions from the changesets, then `npm run release` to a registry
 * of its own on loopback, then an install from there into an empty project. Run it by `npm run release:try`; 3 minutes.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

interface Published {
  readonly name: string
  readonly versions: Readonly<Record<string, { readonly dist: { tarball: string } }>>
  readonly _attachments?: Readonly<Record<string, { readonly data: string }>>
}

const root = fileURLToPath(new URL('../', import.meta.url))
const upstream = 'https://registry.npmjs.org'
const documents = new Map<string, Published>()
const tarballs = new Map<string, Buffer>()

async function publish(request: IncomingMessage, base: string): Promise<void> {
  const { _attachments, ...document } = (await json(request)) as Published
  for (const [file, { data }] of Object.entries(_attachments ?? {})) {
    tarballs.set(`/-tarballs/${file}`, Buffer.from(data, 'base64'))
    for (const { dist } of Object.values(document.versions)) {
      dist.tarball = `${base}/-tarballs/${file}`
    }
  }
  documents.set(document.name, document)
}

const registry = createServer((request, response) => {
  const base = `http://${request.headers.host}`
  const path = decodeURIComponent(request.url ?? '/').replace(/\?.*/, '')
  const name = path.slice(1)
  const tarball = tarballs.get(path)
  const document = documents.get(name)
  if (request.method === 'PUT') {
    void publish(request, base).then(() => response.writeHead(201).end('{"ok":true}'))
  } else if (tarball !== undefined) {
    response.end(tarball)
  } else if (document !== undefined) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
  } else if (/^(corral|@corral\/.*)$/.test(name) || request.method !== 'GET') {
    response.writeHead(404).end('{}')
  } else {
    response.writeHead(302, { location: upstream + (request.url ?? '') }).end()
  }
}).listen(0, '127.0.0.1')
await once(registry, 'listening')
const { port } = registry.address() as AddressInfo

const folder = mkdtempSync(join(tmpdir(), 'corral-release-'))
const userConfig = join(folder, 'npmrc')
writeFileSync(
  userConfig,
  `registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=none\n`,
)

async function command(
  cwd: string,
  env: NodeJS.ProcessEnv,
  name: string,
  ...args: string[]
): Promise<void> {
  const child = spawn(name, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} exited with ${code}`)
}

try {
  const clone = join(folder, 'clone')
  const project = join(folder, 'project')
  const local = { NPM_CONFIG_USERCONFIG: userConfig, CI: 'true' }
  execFileSync('git', ['clone', '-q', root, clone])
  await command(clone, {}, 'npm', 'ci', '--prefer-offline', '--no-audit', '--no-fund')
  await command(clone, {}, 'npx', 'changeset', 'version')
  await command(
    clone,
    {},
    'npm',
    'install',
    '--package-lock-only',
    '--prefer-offline',
    '--no-audit',
  )
  await command(clone, local, 'npm', 'run', 'release')
  execFileSync('mkdir', [project])
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  const names = [...documents.keys()].toSorted((a, b) => (a < b ? -1 : 1))
  await command(
    project,
    local,
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    ...names,
  )
  const program = `import { run, sleep } from 'corral'\nawait run(() => sleep(1))\nconsole.log('it runs')`
  writeFileSync(join(project, 'main.js'), program)
  await command(project, {}, 'node', 'main.js')
  const versions = [...documents.values()].map(
    (one) => `${one.name} ${Object.keys(one.versions).join(' ')}`,
  )
  console.log(`${names.length} packages were published and installed:\n${versions.join('\n')}`)
} finally {
  registry.closeAllConnections()
  registry.close()
  rmSync(folder, { recursive: true, force: true })
}
