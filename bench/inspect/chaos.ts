// node --conditions=@corral/source bench/inspect/chaos.ts [--write]: processes that cannot be looked into, or hardly, one kind after
// the other, through the command `corral ps`; what became of the command, and of the process.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isListening } from './is-listening.ts'
import { currentSignal, gather, race, run, sleep, timeout } from 'corral'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const folder = mkdtempSync(join(tmpdir(), 'corral-chaos-'))
/** Where the programs put their sockets: whatever is left there in the end was left behind. */
const sockets = join(folder, 'tmp')
mkdirSync(sockets)
const { XDG_RUNTIME_DIR: _, ...inherited } = process.env
const environment = { ...inherited, TMPDIR: sockets }
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const table = ['| a process that | the command | the process |', '| --- | --- | --- |']

const forged =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[{"webSocketDebuggerUrl":"ws://127.0.0.1:9339/forged"}]'

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

interface ProgramOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

async function program(
  code: string,
  { args = [], env = {} }: ProgramOptions = {},
): Promise<Program> {
  const file = join(folder, `${++programs}.ts`)
  writeFileSync(
    file,
    (preamble + code)
      .replace(`'corral'`, JSON.stringify(import.meta.resolve('corral')))
      .replace(`'@corral/inspect'`, JSON.stringify(import.meta.resolve('@corral/inspect'))),
  )
  const child = spawn(process.execPath, ['--conditions=@corral/source', ...args, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...env },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await timeout(60_000, () =>
    race([
      () => happens(child.stdout, 'data'),
      async () => {
        await happens(child, 'exit')
        throw new Error(`the program ended before it was ready: ${said}`)
      },
    ]),
  )
  return { pid: child.pid as number, child }
}

let programs = 0

function happens(from: NodeJS.EventEmitter, event: string): Promise<unknown> {
  return once(from, event, { signal: currentSignal() })
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
  add(what, `${code}: ${told.slice(0, 150)}`, state)
}

function add(what: string, command: string, state: string): void {
  table.push(`| ${what} | ${command} | ${state} |`)
  console.log(table.at(-1))
}

async function looked(what: string, target: Program, ...args: string[]): Promise<void> {
  const outcome = await corral('ps', String(target.pid), ...args)
  say(what, outcome, stateOf(target))
  target.child.kill('SIGKILL')
}

/** A page that is opened and never read, beside one that is. */
async function slowReader(): Promise<void> {
  const target = await program(`
const many = () => run(async () => { await taskGroup(async (group) => {
  for (let i = 0; i < 2000; i++) group.spawn(() => sleep(600_000), { name: 'sort ' + String.fromCharCode(97 + (i % 26)) + String.fromCharCode(97 + ((i / 26 | 0) % 26)) })
  ready()
}) })
await many()`)
  const args = ['--conditions=@corral/source', main, 'dashboard', String(target.pid)]
  const command = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [address] = (await once(command.stdout, 'data', { signal: currentSignal() })) as [Buffer]
  const { port, pathname } = new URL(String(address).trim())
  const ask = `GET ${pathname}events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`
  const deaf = connect(Number(port), '127.0.0.1').pause()
  deaf.on('error', () => {})
  deaf.write(ask)
  const keen = connect(Number(port), '127.0.0.1').setEncoding('utf8')
  keen.write(ask)
  let updates = 0
  keen.on('data', (text: string) => (updates += text.split('event: state').length - 1))
  await sleep(8000)
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${command.pid}/status`, 'utf8'))?.[1]) / 1024
  const before = memory()
  await sleep(8000)
  const more = Math.round(memory() - before)
  const ended = endOf(command)
  command.kill('SIGINT')
  const { code } = await ended
  deaf.destroy()
  keen.destroy()
  add(
    'is shown by `corral dashboard` to a page that never reads, and to one that does',
    `${code}: ${updates > 5 ? 'the other page had its updates' : `only ${updates} updates`}; ${more < 30 ? 'no memory piles up' : `${more} MB more in 8 s`}`,
    stateOf(target),
  )
  target.child.kill('SIGKILL')
}

/** Recordings that are written again and again while their process is killed: what is there is whole. */
async function killedWriter(): Promise<void> {
  const file = join(folder, 'last.json')
  let partial = 0
  let whole = 0
  for (let i = 0; i < 10; i++) {
    rmSync(file, { force: true })
    const target = await program(`
import { recorder } from '@corral/inspect'
const flight = recorder()
await run(async () => {
  for (let i = 0; i < 20_000; i++) await spawn(() => sleep(0), { name: 'req#' + i })
  flight.write(${JSON.stringify(file)}, { format: 'chrome' })
  ready()
  for (;;) flight.write(${JSON.stringify(file)}, { format: 'chrome' })
})`)
    await sleep(30 * i)
    target.child.kill('SIGKILL')
    await once(target.child, 'exit', { signal: currentSignal() })
    try {
      JSON.parse(readFileSync(file, 'utf8'))
      whole++
    } catch {
      partial++
    }
  }
  add(
    'is killed while it writes its recording, 10 times',
    `${whole} files are whole, ${partial} are not`,
    'died of SIGKILL',
  )
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
    await program('await waiting()', { args: ['--disable-sigusr1'] }),
  )
  await looked(
    'handles SIGUSR1 itself',
    await program(`process.on('SIGUSR1', () => {}); await waiting()`),
    '--wait=1s',
  )
  for (const after of [500, 600, 700, 800, 900, 1000]) {
    await looked(
      `ends ${after} ms after the command began`,
      await program(`setTimeout(() => process.exit(), ${after}); await waiting()`),
    )
  }
  await looked(
    'does not use corral',
    await program('', {
      args: ['--eval', `process.stdout.write('ready'); setInterval(() => {}, 1000)`],
    }),
  )

  const strangers = [
    ['with forged JSON', (socket: Socket) => socket.end(forged)],
    ['who never answers', () => {}],
  ] as const
  for (const [who, answers] of strangers) {
    let asked = 0
    const stranger = createServer((socket) => {
      asked++
      socket.on('error', () => {})
      answers(socket)
    })
    stranger.listen(9339, '127.0.0.1')
    await once(stranger, 'listening', { signal: currentSignal() })
    const beside = await program('await waiting()', { args: ['--inspect-port=9339'] })
    const refusal = await corral('ps', String(beside.pid))
    say(
      `has its port taken by a stranger ${who}`,
      refusal,
      `${stateOf(beside)}; the stranger was asked ${asked} times`,
    )
    stranger.close()
    await looked('has its port back', beside)
  }
  if (process.getuid?.() === 0) {
    const theirs = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    })
    const asNobody = spawn(
      'setpriv',
      [
        '--reuid=65534',
        '--clear-groups',
        process.execPath,
        '-e',
        `
      import('${import.meta.resolve('@corral/inspect/attach')}').then(({ attach }) => attach(${theirs.pid}))
        .then(() => console.log('let in'), (error) => { console.log(error.message); process.exit(3) })`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    say("is another user's", await endOf(asNobody), stateOf({ child: theirs }))
    theirs.kill('SIGKILL')
  }

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
    'has fake timers',
    await program(`
import { mock } from 'node:test'
setTimeout(() => mock.timers.enable(), 0)
await waiting()`),
  )
  await looked(
    'has 95 % of its heap taken',
    await program(
      `
import v8 from 'node:v8'
const kept = []
while (v8.getHeapStatistics().used_heap_size < 0.95 * 256 * 2 ** 20) kept.push(new Array(1000).fill(kept.length))
globalThis.kept = kept
await waiting()`,
      { args: ['--max-old-space-size=256'] },
    ),
  )
  await looked(
    'has a folder for sockets that cannot be written to',
    await program('await waiting()', { env: { XDG_RUNTIME_DIR: '/proc' } }),
  )
  await looked(
    'may write no files',
    await program('await waiting()', { args: ['--permission', '--allow-fs-read=*'] }),
    '--wait=2s',
  )
  await slowReader()
  await killedWriter()
})
const left = readdirSync(sockets).length
rmSync(folder, { recursive: true, force: true })
const page = `# Chaos: what cannot be looked into, or hardly

Node ${process.versions.node}. The exit code and the first line of \`corral ps\`, with numbers left out, and what became of the process. Written by \`bench/inspect/chaos.ts\`. Files left where the programs put their sockets: ${left}.

${table.join('\n')}
`
if (values.write) writeFileSync(new URL('../results/inspect-chaos.md', import.meta.url), page)
