// node --conditions=@corral/source bench/inspect/chaos.ts [--write]: processes that cannot be looked into, or hardly, one kind after
// the other, through the command `corral ps`; what became of the command, and of the process.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isListening } from './is-listening.ts'
import { currentSignal, gather, run, sleep, timeout } from 'corral'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const folder = mkdtempSync(join(tmpdir(), 'corral-chaos-'))
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const table = ['| a process that | the command | the process |', '| --- | --- | --- |']

interface Outcome {
  readonly code: number | null
  readonly text: string
}

function corral(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['--conditions=@corral/source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return endOf(child)
}

async function endOf(child: ChildProcess): Promise<Outcome> {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  }
  const [code] = (await once(child, 'close', { signal: currentSignal() })) as [number | null]
  return { code, text }
}

interface Program {
  readonly pid: number
  readonly child: ChildProcess
}

const preamble = `import { Queue, run, sleep, spawn, taskGroup } from 'corral'
import { execFileSync } from 'node:child_process'
const ready = () => { process.stdout.write('ready') }
const waiting = (name = 'waiter') => run(async () => { spawn(async () => { ready(); await sleep(600_000) }, { name }); await sleep(600_000) }, { name: 'main' })
`

async function program(code: string, ...args: string[]): Promise<Program> {
  const file = join(folder, `${table.length}.ts`)
  writeFileSync(
    file,
    (preamble + code).replace(`'corral'`, JSON.stringify(import.meta.resolve('corral'))),
  )
  const child = spawn(process.execPath, ['--conditions=@corral/source', ...args, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await timeout(60_000, () => once(child.stdout, 'data', { signal: currentSignal() }))
  return { pid: child.pid as number, child }
}

function stateOf({ child }: { readonly child: ChildProcess }): string {
  if (child.signalCode !== null) return `died of ${child.signalCode}`
  if (child.exitCode !== null) return `ended with ${child.exitCode}`
  return isListening(child) ? 'lives, its inspector is open' : 'lives'
}

function say(what: string, { code, text }: Outcome, state: string): void {
  const lines = text.split('\n').filter((each) => each !== '')
  const line = lines.find((each) => each.startsWith('corral ps:')) ?? lines[0] ?? ''
  const told = line
    .replace(/^corral ps: attach: /, '')
    .replaceAll(/\d{3,}/g, 'N')
    .replaceAll(/\p{Cc}/gu, '?')
    .replaceAll('|', '\\|')
  table.push(`| ${what} | ${code}: ${told.slice(0, 150)} | ${state} |`)
  console.log(table.at(-1))
}

async function looked(what: string, target: Program, ...args: string[]): Promise<void> {
  const outcome = await corral('ps', String(target.pid), ...args)
  say(what, outcome, stateOf(target))
  target.child.kill('SIGKILL')
}

await run(async () => {
  const shell = spawn('sh', ['-c', 'sleep 60; true'])
  say('is a shell', await corral('ps', String(shell.pid)), stateOf({ child: shell }))
  shell.kill('SIGKILL')
  say('has the number 0', await corral('ps', '0'), '')
  say('has a negative number', await corral('ps', '--', '-1'), '')
  say('is not there', await corral('ps', String(2 ** 30)), '')
  say('is the first of the machine', await corral('ps', '1'), '')

  const zombieParent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [zombie] = (await once(zombieParent.stdout, 'data', { signal: currentSignal() })) as [
    Buffer,
  ]
  await sleep(300)
  say('is a zombie', await corral('ps', String(zombie).trim()), '')
  zombieParent.kill('SIGKILL')

  const stopped = await program('await waiting()')
  process.kill(stopped.pid, 'SIGSTOP')
  await sleep(50)
  say('is stopped', await corral('ps', String(stopped.pid)), stateOf(stopped))
  process.kill(stopped.pid, 'SIGCONT')
  await looked('goes on after that', stopped)

  await looked(
    'was started with --disable-sigusr1',
    await program('await waiting()', '--disable-sigusr1'),
  )
  await looked(
    'handles SIGUSR1 itself',
    await program(`process.on('SIGUSR1', () => {}); await waiting()`),
    '--wait=1s',
  )
  await looked(
    'ends while it is looked at',
    await program(`setTimeout(() => process.exit(), 150); await waiting()`),
  )
  await looked(
    'does not use corral',
    await program('', '--eval', `process.stdout.write('ready'); setInterval(() => {}, 1000)`),
  )

  const stranger = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[{"webSocketDebuggerUrl":"ws://127.0.0.1:9339/forged"}]',
    )
  })
  stranger.listen(9339, '127.0.0.1')
  await once(stranger, 'listening', { signal: currentSignal() })
  const beside = await program('await waiting()', '--inspect-port=9339')
  const refusal = await corral('ps', String(beside.pid))
  say('has its port taken by a stranger with forged JSON', refusal, 'lives')
  stranger.close()
  await looked('has its port back', beside)

  const twice = await program('await waiting()')
  const both = await gather([
    () => corral('ps', String(twice.pid)),
    () => corral('ps', String(twice.pid)),
  ])
  for (const outcome of both) say('is looked into twice at once', outcome, stateOf(twice))
  twice.child.kill('SIGKILL')

  const native = await program(
    `setTimeout(() => execFileSync('sleep', ['4']), 50); await waiting()`,
  )
  await sleep(300)
  await looked('is in execSync for 4 s', native)

  const given = await program(`setTimeout(() => execFileSync('sleep', ['4']), 50); await waiting()`)
  await sleep(300)
  const command = spawn(
    process.execPath,
    ['--conditions=@corral/source', main, 'ps', String(given.pid)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = endOf(command)
  await sleep(2000)
  command.kill('SIGINT')
  const outcome = await ended
  await sleep(6000)
  say('is in execSync, given up by Ctrl-C after 2 s; looked at 6 s later', outcome, stateOf(given))
  await looked('is looked into after that', given)

  await looked(
    'has changed JSON, performance, setTimeout and Error',
    await program(`
JSON.stringify = JSON.parse = () => { throw new Error('patched') }
performance.now = () => NaN
Error.prepareStackTrace = () => 'patched'
globalThis.setTimeout = globalThis.setImmediate = () => { throw new Error('patched') }
await waiting()`),
  )
  await looked(
    'has frozen Map, JSON and performance',
    await program(`
for (const each of [Map, Map.prototype, JSON, performance]) Object.freeze(each)
await waiting()`),
  )
  await looked(
    'has nearly exhausted its stack',
    await program(`
function deep(n) { try { return deep(n + 1) } catch { const end = Date.now() + 3000; while (Date.now() < end); return n } }
setTimeout(() => deep(0), 100)
await waiting()`),
  )
  await looked(
    'has tasks nested 100 000 deep',
    await program(`
const nested = (n) => spawn(async () => { if (n > 0) nested(n - 1); else ready(); await sleep(600_000) }, { name: 'level' })
await run(async () => { nested(100_000); await sleep(600_000) })`),
  )
  await looked('has a name of a megabyte', await program(`await waiting('x'.repeat(1_000_000))`))
  await looked(
    'has control codes, HTML and lone surrogates in a name',
    await program(`await waiting('\\u001b[2J<script>alert(1)</script>\\ud800\\u202e')`),
    '--all',
  )
  await looked(
    'has hooks that throw',
    await program(`
globalThis[Symbol.for('corral')][0].instrument({ taskSpawned() { throw new Error('hook') } })
process.on('unhandledRejection', () => {})
await waiting()`),
  )
  await looked(
    'has copies of protocol 1 and 2',
    await program(`
globalThis[Symbol.for('corral')].push({ protocol: 1, root: {}, current() {}, instrument() {} })
await waiting()`),
  )
  await looked(
    'has set its clock back',
    await program(`
const real = Date.now; Date.now = () => real() - 3_600_000
await waiting()`),
  )
  await looked(
    'has hardly any heap left',
    await program(
      `
const kept = []
import v8 from 'node:v8'
const { heap_size_limit } = v8.getHeapStatistics()
while (v8.getHeapStatistics().used_heap_size < 0.88 * heap_size_limit) kept.push(new Array(10_000).fill(kept.length))
globalThis.kept = kept
await waiting()`,
      '--max-old-space-size=128',
    ),
  )
  await looked(
    'has no folder for a socket',
    await program('await waiting()', '--permission', '--allow-fs-read=*'),
    '--wait=2s',
  )
})
rmSync(folder, { recursive: true, force: true })
const page = `# Chaos: what cannot be looked into, or hardly

Node ${process.versions.node}. The exit code and the first line of \`corral ps\`, with numbers left out, and what became of the process. Written by \`bench/inspect/chaos.ts\`.

${table.join('\n')}
`
if (values.write) writeFileSync(new URL('../results/inspect-chaos.md', import.meta.url), page)
