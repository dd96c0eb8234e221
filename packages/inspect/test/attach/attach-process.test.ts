import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, sleep } from 'corral'
import { describe, expect, onTestFinished, test } from 'vitest'
import { attach, type Attached, type AttachOptions } from '../../src/attach/attach-process.ts'
import { knotsOf } from '../../src/attach/knots-of.ts'
import { portsOf, startTarget } from './target.ts'

/** Looks into a process for the time of a test. */
async function attached(pid: number, options?: AttachOptions): Promise<Attached> {
  const target = await run(() => attach(pid, options))
  onTestFinished(() => target[Symbol.dispose]())
  return target
}

function refusal(pid: number, options?: AttachOptions): Promise<unknown> {
  return run(() => attach(pid, options)).then(
    (target) => target[Symbol.dispose](),
    (error: { reason?: unknown }) => error.reason,
  )
}

const waiting = `
await run(async () => {
  const orders = new Queue({ name: 'orders' })
  async function loadOrder() { await orders.get() }
  async function handle() { await loadOrder() }
  await taskGroup(async (group) => {
    for (let i = 0; i < 5; i++) group.spawn(handle, { name: 'req#' + i })
    group.spawn(() => sleep(60_000), { name: 'nap' })
    await sleep(10)
    ready()
  })
}, { name: 'main' })`

/** Blocks the loop while a file is there. */
function blocking(flag: string): string {
  return `
function hotLoop() { while (existsSync(${JSON.stringify(flag)})); }
await run(async () => {
  spawn(() => sleep(60_000), { name: 'idler' })
  await sleep(1)
  ready()
  await sleep(20)
  spawn(async () => hotLoop(), { name: 'culprit' })
  await sleep(60_000)
}, { name: 'main' })`
}

function flagFile(): string {
  const flag = join(tmpdir(), `corral-flag-${process.pid}-${Math.random()}`)
  writeFileSync(flag, '')
  onTestFinished(() => rmSync(flag, { force: true }))
  return flag
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await sleep(10)
}

describe.runIf(process.platform === 'linux')('attach', () => {
  test('reads the tasks of a process that was not prepared, and leaves no port and no file', async () => {
    const folder = emptyFolder()
    const env = { XDG_RUNTIME_DIR: folder }
    const { pid, child } = await startTarget(waiting, { env })
    const target = await attached(pid)
    expect(target.blocked).toBeUndefined()
    expect(portsOf(pid)).toEqual([])
    const reading = await target.read()
    expect(reading.tasks).toBe(7)
    expect(reading.groups.map(({ stem, count }) => [stem, count])).toEqual([
      ['main', 1],
      ['req', 5],
      ['nap', 1],
    ])
    const [, req] = reading.groups
    expect(req?.waits).toMatchObject([{ kind: 'Queue.get', count: 5 }])
    expect(reading.resources[req?.waits[0]?.resource ?? -1]).toMatchObject({
      type: 'Queue',
      name: 'orders',
      waitingToTake: 5,
    })
    const [stack = []] = await target.stacks([req?.task ?? 0])
    expect(stack.join('\n')).toMatch(/async loadOrder [^]*async .*handle/)
    expect(await target.stacks([99_999])).toEqual([[]])
    expect(readdirSync(folder)).toEqual([])
    target[Symbol.dispose]()
    expect(child.exitCode).toBeNull()
  })

  test('finds who blocks the loop, and no port is open once it turns again', async () => {
    const flag = flagFile()
    const { pid } = await startTarget(blocking(flag))
    await sleep(100)
    const target = await attached(pid)
    expect(target.hello.running.path).toEqual(['main', 'culprit'])
    expect(target.hello.running.stack[0]).toMatch(/^at hotLoop .*program.ts:\d+/)
    expect(target.blocked?.tasks).toBe(3)
    target[Symbol.dispose]()
    rmSync(flag)
    const { read } = await attached(pid)
    expect(read).toBeDefined()
    await until(() => portsOf(pid).length === 0)
    await sleep(300)
    expect(portsOf(pid)).toEqual([])
  })

  test('leaves no file of a process that is killed while its loop is blocked', async () => {
    const folder = emptyFolder()
    const flag = flagFile()
    const { pid, child } = await startTarget(blocking(flag), { env: { XDG_RUNTIME_DIR: folder } })
    await sleep(100)
    const target = await attached(pid)
    expect(target.blocked?.tasks).toBe(3)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(readdirSync(folder)).toEqual([])
  })

  test('waits for one whose stack is full, and leaves no port open', async () => {
    const { pid } = await startTarget(`
function deep(n) { try { return deep(n + 1) } catch { const end = Date.now() + 1000; while (Date.now() < end); return n } }
setTimeout(() => { ready(); deep(0) }, 20)
await run(async () => { await sleep(60_000) }, { name: 'main' })`)
    const told: string[] = []
    const target = await attached(pid, { wait: 60_000, onSlow: (reason) => told.push(reason) })
    expect(target.hello.pid).toBe(pid)
    expect(told.join()).toContain('the stack of what it computes is nearly exhausted')
    await until(() => portsOf(pid).length === 0)
    expect(portsOf(pid)).toEqual([])
  })

  test('lets an inspector stay open that was open', async () => {
    // A port that is free: it is found only where the command line names it.
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as { port: number }
    free.close()
    await once(free, 'close')
    const { pid } = await startTarget(waiting, { args: [`--inspect=127.0.0.1:${port}`] })
    const target = await attached(pid)
    expect(target.inspectorOpen).toBeUndefined()
    target[Symbol.dispose]()
    await sleep(300)
    expect(portsOf(pid)).toEqual([port])
  })

  test('runs nothing of the user: no prepareStackTrace, no patched JSON; limits stay', async () => {
    const { pid, said } = await startTarget(`
      Error.prepareStackTrace = () => { console.log('USER CODE'); return '' }
      Error.stackTraceLimit = 3
      JSON.stringify = JSON.parse = () => { throw new Error('patched') }
      performance.now = () => { throw new Error('patched') }
      globalThis.setTimeout = () => { throw new Error('patched') }
      setInterval(() => process.stdout.write('limit ' + Error.stackTraceLimit + '\\n'), 20)
      ${waiting}`)
    const target = await attached(pid)
    const { tasks, rows } = await target.read()
    expect(tasks).toBe(7)
    expect((await target.stacks([rows[1]?.ref ?? 0]))[0]?.join('\n')).toContain('loadOrder')
    target[Symbol.dispose]()
    await sleep(50)
    expect(said()).not.toContain('USER CODE')
    expect(said()).toMatch(/limit 3\n$/)
  })

  test('names who waits in a circle among tasks that live, and nobody else', async () => {
    const { pid } = await startTarget(`
await run(async () => {
  const a = new Lock({ name: 'a' }), b = new Lock({ name: 'b' })
  const pool = new Pool({ name: 'db', create: () => 1, destroy: () => {}, max: 1 })
  async function transfer(x, y) { await using one = await x.acquire(); await sleep(5); await using two = await y.acquire() }
  await taskGroup(async (group) => {
    for (let i = 0; i < 3; i++) group.spawn(async () => { await using c = await pool.acquire(); await sleep(60_000) }, { name: 'req#' + i })
    group.spawn(() => transfer(a, b), { name: 'first' })
    group.spawn(() => transfer(b, a), { name: 'second' })
    group.spawn(() => timeout(60_000, () => transfer(a, b)), { name: 'patient' })
    await sleep(50)
    ready()
    await sleep(60_000)
  })
})`)
    const target = await attached(pid)
    for (const rows of [10_000, 0]) {
      const knots = knotsOf(await target.read(rows))
      expect(
        knots.map(({ certain, links }) => [certain, links.map(({ task }) => task.name)]),
      ).toEqual([[true, ['first', 'second']]])
    }
  })

  test('lists worker threads', async () => {
    const { pid } = await startTarget(`
const code = \`import('corral').then(({ run, sleep }) => run(async () => { require('node:worker_threads').parentPort.postMessage('up'); await sleep(60_000) }, { name: 'in a thread' }))\`
const thread = new Worker(code, { eval: true, name: 'reports', execArgv: ['--conditions=@corral/source'] })
await new Promise((resolve) => thread.once('message', resolve))
${waiting}`)
    const target = await attached(pid, { workers: true })
    expect(target.workers.map(({ reading }) => reading?.groups.map(({ name }) => name))).toEqual([
      ['in a thread'],
    ])
  })

  test('refuses what is no program of Node, and kills nobody', async () => {
    const shell = spawn('sleep', ['60'])
    onTestFinished(() => void shell.kill('SIGKILL'))
    await once(shell, 'spawn')
    expect(await refusal(shell.pid as number)).toBe('NOT_NODE')
    expect(shell.signalCode).toBeNull()
    expect(await refusal(0)).toBe('NO_PROCESS')
    expect(await refusal(-1)).toBe('NO_PROCESS')
    expect(await refusal(2 ** 30)).toBe('NO_PROCESS')
    expect(await refusal(process.pid)).toBe('NOT_PERMITTED')
  })

  test('refuses one that is stopped, and one without a handler', async () => {
    const { pid } = await startTarget(waiting)
    process.kill(pid, 'SIGSTOP')
    await sleep(50)
    expect(await refusal(pid)).toBe('STOPPED')
    process.kill(pid, 'SIGCONT')
    const deaf = await startTarget(waiting, { args: ['--disable-sigusr1'] })
    expect(await refusal(deaf.pid)).toBe('NO_SIGNAL')
  })

  test('gives up on one that handles SIGUSR1 itself', async () => {
    const { pid, said } = await startTarget(
      `process.on('SIGUSR1', () => console.log('mine'))\n${waiting}`,
    )
    expect(await refusal(pid, { wait: 200 })).toBe('NO_ANSWER')
    expect(said()).toContain('mine')
  })

  test('talks to no other process that has the port', async () => {
    let asked = 0
    const stranger = createServer(() => asked++).listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    onTestFinished(() => void stranger.close())
    const { port } = stranger.address() as { port: number }
    const { pid } = await startTarget(waiting, { args: [`--inspect-port=${port}`] })
    expect(await refusal(pid)).toBe('PORT_TAKEN')
    expect(asked).toBe(0)
  })

  test('finds two copies of corral, and says which it cannot read', async () => {
    const { pid } = await startTarget(`
globalThis[Symbol.for('corral')].push({ protocol: 1, root: {}, current() {}, instrument() {} })
${waiting}`)
    const target = await attached(pid)
    expect((await target.read()).copies).toEqual([
      { protocol: 2, readable: true, tasks: 7 },
      { protocol: 1, readable: false, tasks: 0 },
    ])
  })

  test('needs neither signal nor inspector for a process that listens, while it turns', async () => {
    const folder = emptyFolder()
    const { pid, child } = await startTarget(
      `
import { inspect } from '@corral/inspect'
inspect({ watchdog: false, listen: ${JSON.stringify(folder)} })
setTimeout(() => process.exit(), 600_000)
process.on('SIGTERM', () => process.exit())
${waiting}`,
      { args: ['--disable-sigusr1'] },
    )
    for (let i = 0; i < 2; i++) {
      const target = await attached(pid)
      expect(target.inspectorOpen).toBe(0)
      expect(target.hello.running.stack).toEqual([])
      expect((await target.read()).tasks).toBe(7)
      target[Symbol.dispose]()
    }
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(readdirSync(folder)).toEqual([])
  })

  // Once in some thirty runs it is asked for ten seconds in vain: not understood.
  test(
    'lets a process go at once that exits while its inspector is open',
    { retry: 2 },
    async () => {
      const { pid, child } = await startTarget(`
process.getBuiltinModule = () => process.exit(7)
${waiting}`)
      expect(await refusal(pid)).toBe('ENDED')
      await until(() => child.exitCode !== null)
      expect(child.exitCode).toBe(7)
    },
  )

  test('leaves a process that ends free to end', async () => {
    const { pid, child } = await startTarget(`
let over = false
process.on('SIGUSR2', () => { over = true })
await run(async () => { ready(); while (!over) await sleep(20) })`)
    const target = await attached(pid)
    const { connection } = target
    await connection?.ask('pulse')
    await connection?.ask('sample')
    child.kill('SIGUSR2')
    const [code] =
      child.exitCode === null ? ((await once(child, 'exit')) as [number]) : [child.exitCode]
    expect(code).toBe(0)
    await expect(target.read()).rejects.toThrow('the process ended')
  })
})
