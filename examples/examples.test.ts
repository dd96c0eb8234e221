import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from 'corral'
import { testRun } from 'corral/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  expectedOutput,
  listExamples,
  renderPages,
  stalePages,
} from '../scripts/examples-readme.ts'

const examples = listExamples()
/** Those with real sockets, threads or foreign timers; the others run in virtual time. */
const real = new Set([
  '11-futures',
  '12-scraping',
  '13-database',
  '15-connections',
  '17-workers',
  '20-web-api',
  '23-processes',
  '24-sockets',
  '25-files',
])

/** Those that run in virtual time themselves, or a part of them. */
const testing = new Set(['19-tests', '21-jobs'])

afterEach(() => vi.restoreAllMocks())

describe('examples', () => {
  it.each(examples)('%s prints what it shows', async (name) => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)))
    const { main } = (await import(pathOf(`${name}.ts`))) as { main: () => Promise<void> }
    if (testing.has(name)) await main()
    else if (real.has(name)) await run(main, { handleSignals: false })
    else await testRun(main)
    expect(`${lines.join('\n')}\n`).toBe(expectedOutput(name))
  })

  // In real time, which some of them print: on a busy machine it may take another attempt.
  describe.skipIf(!hasPython()).concurrent('beside asyncio', { retry: 3 }, () => {
    it.each(examples)('%s has a twin', async (name) => {
      const { code, stdout } = await start('python3', [pathOf(`asyncio/${name}.py`)])
      expect([code, stdout]).toEqual([0, expectedOutput(name, true)])
    })
  })

  it('stand on their pages as they are; node scripts/examples-readme.ts writes these', () => {
    const pages = renderPages()
    expect(stalePages(pages)).toEqual([])
    expect(new Map([...pages.keys()].map((file) => [file, read(file)]))).toEqual(pages)
  })

  it('run by their number, and list themselves without one', async () => {
    const script = fileURLToPath(new URL('../scripts/example.ts', import.meta.url))
    expect(await start(process.execPath, [script, '6'])).toEqual({
      code: 0,
      stdout: expectedOutput('06-resources'),
      stderr: '',
    })
    const { code, stderr } = await start(process.execPath, [script])
    expect(code).toBe(2)
    expect(stderr).toContain('00-hello.ts')
  })

  it('00-hello cleans up after Ctrl-C and exits with 130', async () => {
    const args = ['--conditions=@corral/source', pathOf('00-hello.ts')]
    expect(await start(process.execPath, args, 'SIGINT')).toEqual({
      code: 130,
      stdout: 'hello\nbye\n',
      stderr: '',
    })
  })
})

function read(file: string): string {
  return existsSync(pathOf(file)) ? readFileSync(pathOf(file), 'utf8') : ''
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

/** Runs a program of its own; `signal` is sent when it prints its first line. */
async function start(
  command: string,
  args: readonly string[],
  signal?: NodeJS.Signals,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '' && signal !== undefined) child.kill(signal)
    stdout += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** The twins need Python 3.11: task groups and timeouts. */
function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'from asyncio import TaskGroup, timeout'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
