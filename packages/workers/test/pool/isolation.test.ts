import { spawn as start } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CancelScope, isCancelled, moveOnAfter, sleep, timeout, TimeoutError } from 'corral'
import { afterAll, describe, expect, test } from 'vitest'
import type { WorkerPool, WorkerPoolOptions } from '../../src/index.ts'
import type { apart } from '../modules/apart.ts'
import { requestId } from '../modules/sums.ts'
import { openPool } from '../open-pool.ts'

type Apart = typeof apart
const folder = mkdtempSync(join(tmpdir(), 'corral-apart-'))
afterAll(() => rmSync(folder, { recursive: true }))

function openApart(options: WorkerPoolOptions = {}): WorkerPool<Apart> {
  return openPool<Apart>({ isolation: 'process', threads: 1, ...options }, 'apart.ts')
}

let files = 0
/** A file that does not exist yet. */
function newFile(): string {
  return join(folder, String((files += 1)))
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}

/** Waits until a function has written so many lines. */
async function written(path: string, count = 1): Promise<string[]> {
  while (linesOf(path).length < count) await sleep(2)
  return linesOf(path)
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** Cancels a call when its function has written so many lines; tells what it threw. */
async function cancelAt(
  path: string,
  count: number,
  work: () => Promise<unknown>,
): Promise<{ error: unknown; pids: number[] }> {
  const scope = new CancelScope()
  let error: unknown
  const cancelling = written(path, count).then((lines) => {
    scope.cancel('not wanted')
    return lines.map(Number)
  })
  await scope.run(async () => {
    await work().catch((caught: unknown) => {
      error = caught
      throw caught
    })
  })
  return { error, pids: await cancelling }
}

describe('a pool with isolation: process', () => {
  test('runs functions in another process, with what they need', async () => {
    await using pool = openApart({ context: { requestId } })
    const pid = await pool.run('pid')
    expect(pid).not.toBe(process.pid)
    expect(await pool.run('pid')).toBe(pid)
    const value = { map: new Map([[1, new Date(0)]]), bytes: new Uint8Array([1, 2]), big: 3n }
    expect(await pool.run('echo', [value])).toEqual(value)
    expect(await pool.run('give', [3])).toEqual(new Uint8Array([1, 1, 1]))
    expect(await requestId.run('r1', () => pool.run('requestId'))).toBe('r1')
    expect(await timeout(60_000, () => pool.run('timeLeft'))).toBeLessThanOrEqual(60_000)
    expect(await pool.iterate('count', [100]).result()).toBe('counted 100')
  })

  test('says of a process what it says of a thread', async () => {
    await using pool = openApart({ memory: 32 })
    const failing = (name: keyof Apart & string, args: unknown[] = []): Promise<unknown> =>
      (pool.run as (name: string, args: unknown[]) => Promise<unknown>)
        .call(pool, name, args)
        .catch((error: unknown) => error)
    expect(await failing('fail', ['bad'])).toMatchObject({ message: 'bad', name: 'RangeError' })
    expect(await failing('echo', [() => 1])).toMatchObject({ code: 'CLONE' })
    expect(await failing('returnFunction')).toMatchObject({ code: 'CLONE' })
    expect(await failing('exit', [3])).toMatchObject({
      code: 'EXIT',
      message:
        'WorkerPool: the process of exit exited with code 3; return or throw instead of process.exit',
    })
    expect(await failing('crash')).toMatchObject({
      code: 'CRASH',
      cause: { message: 'nobody caught this' },
    })
    expect(await failing('dieLater', ['SIGSEGV'])).toMatchObject({
      code: 'CRASH',
      message: expect.stringContaining('was ended by SIGSEGV') as string,
    })
    expect(await failing('dieLater', ['SIGABRT'])).toMatchObject({ code: 'MEMORY' })
    expect(await pool.run('echo', ['and on it goes'])).toBe('and on it goes')
  }, 60_000)

  test('that does not load says why', async () => {
    await using pool = openPool<Apart>({ isolation: 'process' }, 'broken.ts')
    await expect(pool.run('pid')).rejects.toMatchObject({ code: 'LOAD' })
  })

  test('refuses another isolation', () => {
    expect(() => openApart({ isolation: 'fork' as 'process' })).toThrow(
      'WorkerPool: isolation must be "thread" or "process", got "fork" (string)',
    )
  })
})

describe('a cancelled call of a process', () => {
  test('while it starts throws at once; the process serves the next one', async () => {
    await using pool = openApart()
    const scope = new CancelScope()
    scope.cancel()
    await scope.run(() => pool.run('pid'))
    expect(scope.cancelledCaught).toBe(true)
    const { timedOut } = await moveOnAfter(1, () => pool.run('pid'))
    expect(timedOut).toBe(true)
    expect(await pool.run('pid')).not.toBe(process.pid)
    expect(pool.threads).toBe(1)
  })

  test.each(['polite', 'waits'] as const)(
    '%s ends at a checkpoint, is told why, and keeps its process',
    async (name) => {
      await using pool = openApart({ grace: 20_000 })
      const pid = await pool.run('pid')
      const path = newFile()
      const { error } = await cancelAt(path, 1, () => pool.run(name, [path]))
      expect(isCancelled(error)).toBe(true)
      expect(linesOf(path)).toEqual([String(pid), name === 'polite' ? 'not wanted' : 'cleaned up'])
      expect(await pool.run('pid')).toBe(pid)
    },
  )

  test.each([
    ['hot, without a checkpoint,', 'hot', 1],
    ['in native code, which ends no thread,', 'native', 2],
  ] as const)('%s is killed with all that it has started', async (_case, name, count) => {
    await using pool = openApart()
    const path = newFile()
    const { error, pids } = await cancelAt(path, count, () => pool.run(name, [path]))
    expect(isCancelled(error)).toBe(true)
    expect(pids).toHaveLength(count)
    await sleep(20) // the kernel may take a moment for those below it
    expect(pids.filter(lives)).toEqual([])
    expect(await pool.run('pid')).not.toBe(pids[0])
  })

  test('at its deadline is a TimeoutError', async () => {
    await using pool = openApart()
    await pool.run('pid')
    const path = newFile()
    await expect(timeout(100, () => pool.run('polite', [path]))).rejects.toThrow(TimeoutError)
  })

  test('by close, whatever it does, is a ClosedError, and no process is left', async () => {
    const pool = openApart({ threads: 2 })
    const [hot, child] = [newFile(), newFile()]
    const outcomes = Promise.allSettled([
      pool.run('hot', [hot]),
      pool.run('leavesChild', [child]),
      pool.run('pid'),
    ])
    const pids = [...(await written(hot)), ...(await written(child, 2))].map(Number)
    await pool.close()
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } })
    }
    await sleep(20)
    expect(pids).toHaveLength(3)
    expect(pids.filter(lives)).toEqual([])
    expect(pool.threads).toBe(0)
  })

  test('in many moments leaves no process, no descriptor and no file', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length
    const files = (): number =>
      readdirSync(tmpdir()).filter((name) => name.startsWith('corral-worker-')).length
    const listeners = process.listenerCount('exit')
    {
      await using pool = openApart({ threads: 2 })
      await pool.run('pid') // what Node opens once
    }
    const before = [descriptors(), files()]
    {
      await using pool = openApart({ threads: 2 })
      for (let i = 0; i < 12; i++) {
        const path = newFile()
        await moveOnAfter(i * 10, () => pool.run(i % 3 === 0 ? 'hot' : 'waits', [path]))
        expect(pool.running).toBe(0)
      }
    }
    expect([descriptors(), files()]).toEqual(before)
    expect(process.listenerCount('exit')).toBe(listeners)
  }, 60_000)
})

describe('a program whose pool has processes', () => {
  const program = fileURLToPath(new URL('../modules/apart-program.ts', import.meta.url))
  const run = (what: string, path: string): ReturnType<typeof start> =>
    start(process.execPath, ['--conditions=@corral/source', program, what, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })

  test('ends while a pool that it forgot is idle', async () => {
    const path = newFile()
    const [code] = (await once(run('idle', path), 'exit')) as [number]
    expect(code).toBe(0)
  })

  test.each([
    ['exits', 'hot', 1],
    ['exits', 'native', 2],
    ['is killed by SIGKILL', 'polite', 1],
    ['is killed by SIGKILL', 'waits', 1],
  ] as const)('and that %s while they do %s leaves none', async (how, name, count) => {
    const path = newFile()
    const child = run(name, path)
    const pids = (await written(path, count)).map(Number)
    child.kill(how === 'exits' ? 'SIGTERM' : 'SIGKILL')
    await once(child, 'exit')
    const until = performance.now() + 20_000
    while (pids.some(lives) && performance.now() < until) await sleep(5)
    expect(pids.filter(lives)).toEqual([])
  })
})
