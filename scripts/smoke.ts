// npm run smoke: the smoke program of the core on Node, Bun, Deno and in a browser page; and what a Node that is too old is
// told. Other runtimes come from npm; the browser is a Chromium of this machine (CHROMIUM names it).
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodePackage } from './node-package.ts'

const exec = promisify(execFile)
const core = fileURLToPath(new URL('../packages/core/', import.meta.url))
const cli = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))
const program = `${core}test/smoke/main.ts`
const waiting = fileURLToPath(new URL('../packages/inspect/test/smoke/waiting.ts', import.meta.url))
const condition = '--conditions=@corral/source'

async function command(name: string, args: string[]): Promise<string> {
  const { stdout } = await exec(name, args, { timeout: 120_000 })
  return stdout.trim()
}

const bun = ['--yes', 'bun@1', condition]
const deno = ['--yes', 'deno@2', 'run', '-A', '--no-check', condition]

/** Runs a program in which two tasks wait for each other: it must end with 1 and say so. */
async function reported(...npx: string[]): Promise<string> {
  try {
    return `it ran: ${await command('npx', [...npx, `${core}test/smoke/deadlock.ts`])}`
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string }
    const says = /in a circle: one waits for two \(Lock.acquire\)/.test(stderr ?? '')
    return code === 1 && says ? 'ok' : `exit ${String(code)}: ${stderr}`
  }
}

/** Looks into a program that waits, with `corral ps` from source. */
async function lookedInto(answer: RegExp, ...npx: string[]): Promise<string> {
  const child = spawn('npx', [...npx, waiting], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await once(child.stdout, 'data')) as [Buffer]
  const main = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
  const look = (): Promise<string> =>
    exec(process.execPath, [condition, main, 'ps', String(pid).trim()]).then(
      ({ stdout }) => stdout,
      ({ stderr }: { stderr: string }) => stderr,
    )
  let text = await look()
  // Deno catches the signal some time after a program has begun to write.
  for (let i = 0; i < 20 && /still starting/.test(text) && !answer.test(text); i++) {
    text = await look()
  }
  process.kill(Number(pid))
  return answer.test(text) ? 'ok' : text
}

/** Runs something on a Node that is too old: it must fail with one sentence that says so. */
async function tooOld(...args: string[]): Promise<string> {
  const npx = ['--yes', `--package=${nodePackage('20')}`, '--', 'node', ...args]
  const refusal = /corral: Node must be 24 or later, got 20\.\d+\.\d+\n/
  try {
    return `it ran: ${await command('npx', npx)}`
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    return refusal.test(stderr) ? 'ok' : String(error)
  }
}

/** Serves the built core and the page, and waits for what the page posts. */
async function browser(chromium: string): Promise<string> {
  const verdict = Promise.withResolvers<string>()
  const server = createServer((request, response) => {
    const url = request.url ?? '/'
    if (request.method === 'POST') {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        response.end()
        verdict.resolve(body)
      })
    } else if (url === '/') {
      response
        .setHeader('content-type', 'text/html')
        .end(readFileSync(`${core}test/smoke/page.html`))
    } else if (url === '/smoke/program.js') {
      const code = readFileSync(`${core}test/smoke/program.ts`, 'utf8')
      response.setHeader('content-type', 'text/javascript').end(stripTypeScriptTypes(code))
    } else if (/^\/dist\/[\w/-]+\.js$/.test(url) && existsSync(core + url)) {
      response.setHeader('content-type', 'text/javascript').end(readFileSync(core + url))
    } else {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const profile = mkdtempSync(join(tmpdir(), 'corral-smoke-'))
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-quic',
  ]
  const child = spawn(
    chromium,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      ...quiet,
      `--user-data-dir=${profile}`,
    ].concat(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    { stdio: 'ignore' },
  )
  const timer = setTimeout(() => verdict.resolve('no answer within 30 s'), 30_000)
  try {
    return await verdict.promise
  } finally {
    clearTimeout(timer)
    child.kill()
    await once(child, 'exit')
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

function findChromium(): string | undefined {
  const names = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ]
  return names.find((name) => name !== undefined && existsSync(name))
}

const chromium = findChromium()
const platforms: [string, () => Promise<string>][] = [
  ['node', () => command(process.execPath, [condition, program])],
  ['bun', () => command('npx', [...bun, program])],
  ['deno', () => command('npx', [...deno, program])],
  ['bun, a deadlock', () => reported(...bun)],
  ['deno, a deadlock', () => reported(...deno)],
]
if (process.platform === 'linux') {
  const tasks = / deno v[^]*main +waits for sleep[^]* nap +waits for sleep/
  platforms.push(
    ['deno, corral ps', () => lookedInto(tasks, ...deno)],
    ['bun, corral ps', () => lookedInto(/is not a program of Node or Deno/, ...bun)],
  )
}
platforms.push(
  ['node 20, the core', () => tooOld(`${core}dist/index.js`)],
  ['node 20, its testing', () => tooOld(`${core}dist/testing.js`)],
  ['node 20, the command', () => tooOld(cli, '--help')],
)
if (chromium !== undefined) platforms.push(['browser', () => browser(chromium)])
else console.log('browser left out: no Chromium here; install one, or name it in CHROMIUM')

let failed = chromium === undefined && process.env['CI'] === 'true' ? 1 : 0
for (const [name, run] of platforms) {
  const verdict = await run().catch((error: unknown) => String(error))
  if (verdict !== 'ok') failed += 1
  console.log(`${name.padEnd(20)} ${verdict}`)
}
console.log(`${platforms.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
