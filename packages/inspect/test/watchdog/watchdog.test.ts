import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { describeBlock } from '../../src/watchdog/block-report.ts'
import type { BlockReport } from '../../src/watchdog/block-report.ts'
import { watchdog } from '../../src/watchdog/watchdog.ts'

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

function start(file: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  // On a full machine a thread that collects garbage mostly waits, unless it does that alone.
  const flags = ['--conditions=@corral/source', '--single-threaded-gc']
  const child = spawn(process.execPath, [...flags, path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}

async function outputOf(child: ChildProcess, stream: 'stdout' | 'stderr'): Promise<string> {
  let text = ''
  child[stream]?.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  await once(child, 'close')
  return text
}

/** What says where it blocks, and how. */
const culprits: [name: string, why: string, stack: RegExp][] = [
  ['hotLoop', 'computing', /at hotLoop /],
  ['regex', 'computing', /at RegExp.test [^]*at regex /],
  ['json', 'computing', /at json |^$/],
  ['atomicsWait', 'sleeping', /at Atomics.wait [^]*at atomicsWait /],
  ['execSync', 'sleeping', /at execSync \(node:child_process/],
  ['microtasks', 'computing', /^$|at microtasks /],
  ['syncFs', 'sleeping', /at readFileSync [^]*at syncFs /],
]

describe('watchdog', () => {
  // On a full machine the answer may come when the call that blocked has just returned.
  const again = { retry: 3, timeout: 240_000 }
  test('names the task that blocks, where, and whether it computes or sleeps', again, async () => {
    const text = await outputOf(start('./culprits.ts'), 'stdout')
    const blocks = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as BlockReport)
    expect(blocks).toHaveLength(culprits.length)
    for (const [i, [name, why, stack]] of culprits.entries()) {
      expect(blocks[i]).toMatchObject({ task: { name }, path: ['main', name], why })
      expect(blocks[i]?.stack).toMatch(stack)
      expect(blocks[i]?.ms).toBeGreaterThan(80)
    }
  })

  test('prints who blocked, and where, and lets the process end', async () => {
    const text = await outputOf(start('./program.ts', 'print'), 'stderr')
    expect(text).toMatch(
      /^corral: blocked: main > req#5 computed for \d+ ms \(cpu \d+\)\n {4}at .*\bblock \(.*program.ts:\d+\)/,
    )
    expect(text).not.toContain('debugger')
    expect(text.trim().split('\n')).toHaveLength(2)
  })

  test.concurrent('reports so many blocks an hour, and counts the others', async () => {
    const text = await outputOf(start('./program.ts', 'often'), 'stderr')
    expect(text.match(/corral: blocked/g)).toHaveLength(2)
  })

  // Only what it computes itself counts: 1.3 s, of which a full machine gives it little.
  const patient = { timeout: 240_000 }
  test.concurrent('tells from its own thread of a block that does not end', patient, async () => {
    const child = start('./program.ts', 'forever')
    let text = ''
    for await (const piece of child.stderr?.setEncoding('utf8') ?? []) {
      text += String(piece)
      if (/\bblock \(.*\n/.test(text)) break // it may be in what `block` calls
    }
    child.kill('SIGKILL')
    expect(text).toMatch(/^corral: blocked: main > req#5 has been computing for \d{4,} ms/)
  })

  test.concurrent('says nothing of a process that was stopped', async () => {
    const child = start('./program.ts', 'idle')
    const output = outputOf(child, 'stdout')
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    child.kill('SIGCONT')
    expect(await output).toMatch(/^up\ntrue\n$/)
  })

  test.concurrent('says nothing while a debugger may be connected', async () => {
    expect(await outputOf(start('./program.ts', 'debugged'), 'stdout')).toBe('0\n')
  })

  test.concurrent('comes back when its thread has died, and says so by `up`', async () => {
    expect(await outputOf(start('./program.ts', 'die'), 'stdout')).toBe('down\nup again\ntrue\n')
  })

  test('refuses to watch from a worker thread', async () => {
    expect(await outputOf(start('./program.ts', 'thread'), 'stdout')).toBe(
      'watchdog: this is a worker thread; watch the main thread from itself\n',
    )
  })

  test('refuses limits that are none', () => {
    expect(() => watchdog({ threshold: -1 })).toThrow('watchdog: threshold must be')
    expect(() => watchdog({ perHour: 0 })).toThrow('watchdog: perHour must be')
    expect(() => watchdog({ onBlocked: 1 as never })).toThrow('watchdog: onBlocked must be')
  })
})

describe('describeBlock', () => {
  const block: BlockReport = {
    task: { id: 2, name: 'req#5' },
    path: ['main', 'req\u001b[31m#5'],
    stack:
      '    at execSync (node:child_process:1013:13)\n    at inner (node:internal:1:1)\n    at load (/srv/app/load.ts:7:3)\n    at async /srv/app/server.ts:20:5',
    why: 'sleeping',
    ms: 507.6,
    cpu: 12.2,
    since: 0,
    missed: 3,
  }

  test('says it in two lines, without what a terminal would obey', () => {
    expect(describeBlock(block)).toBe(
      [
        'corral: blocked: main > req\\x1b[31m#5 slept for 508 ms (cpu 12)',
        '    at execSync (node:child_process:1013) ← load (load.ts:7) ← server.ts:20',
        '    and 3 more since the last report',
      ].join('\n'),
    )
  })

  test('has words for code outside of any task', () => {
    expect(describeBlock({ ...block, path: [], stack: '', missed: 0 }, false)).toBe(
      'corral: blocked: no task has been sleeping for 508 ms (cpu 12)',
    )
  })
})
