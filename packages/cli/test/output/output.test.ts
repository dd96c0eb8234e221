import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openStore } from '@corral/crawl'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { programCommands } from '../../src/commands/program-commands.ts'
import { storeCommands } from '../../src/commands/store-commands.ts'
import { runCommand } from '../command.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
let directory: string

/** A store of which there is more to say than a pipe holds. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'corral-cli-'))
  await using store = await openStore(join(directory, 'crawl.db'))
  await store.seed(Array.from({ length: 6000 }, (_, n) => `http://a.test/${'x'.repeat(60)}/${n}`))
  const failure = { kind: 'http', code: '404', message: 'status 404', attempts: 1, failedAt: 1 }
  const entries = await store.claim(6000, 6000)
  await store.commit(
    entries.map((entry, n) =>
      n < 3000
        ? { result: 'failure', entry, failure }
        : { result: 'skip', entry, reason: 'robots' },
    ),
  )
  return () => rmSync(directory, { recursive: true, force: true })
})

/** Runs a command into a pipe, or into a file that is open. */
function start(args: readonly string[], stdout: 'pipe' | number = 'pipe') {
  const child = spawn(process.execPath, ['--conditions=@corral/source', main, ...args], {
    cwd: directory,
    stdio: ['ignore', stdout, 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }))
  })
  return { child, exit, ended }
}

/** Every command that prints; none of them changes what another one prints. */
const printing: readonly (readonly string[])[] = [
  ['--help'],
  ['--version'],
  ['completion', 'bash'],
  ['completion', 'fish'],
  ['completion', 'zsh'],
  ['demo', '--help'],
  ['jobs', '--help'],
  ['crawl', '--version'],
  ['crawl', '--help'],
  ['crawl', '--help', 'all'],
  ['crawl', 'status'],
  ['crawl', 'status', '--json'],
  ['crawl', 'failures'],
  ['crawl', 'failures', '--json'],
  ['crawl', 'skipped'],
  ['crawl', 'skipped', '--json'],
  ['crawl', 'export', 'out.csv'],
  ['crawl', 'report', 'out.html', '--json'],
]

describe.each(printing.map((args) => [args.join(' '), args] as const))(
  'corral %s',
  (_name, args) => {
    test('gives all of its output to a reader that is slow', { timeout: 60_000 }, async () => {
      const { stdout } = await runCommand(args, directory)
      // A shell, since Node reads what a child has left to say when it ends.
      const script = '{ "$@"; echo "code $?" >&2; } | (sleep 1; cat)'
      const command = [process.execPath, '--conditions=@corral/source', main, ...args]
      const child = spawn('sh', ['-c', script, 'sh', ...command], { cwd: directory })
      onTestFinished(() => void child.kill('SIGKILL'))
      let read = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (piece: string) => (read += piece))
      child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece))
      await new Promise((resolve) => child.on('close', resolve))
      expect(stderr).toBe('code 0\n')
      expect(read.length).toBe(stdout.length)
      expect(read.length).toBeGreaterThan(0)
    })

    test('takes a reader that goes away for no failure', { timeout: 60_000 }, async () => {
      const { child, ended } = start(args)
      child.stdout?.destroy()
      expect(await ended).toEqual({ code: 0, stderr: '' })
    })

    test.runIf(existsSync('/dev/full'))('says so when the disk is full', async () => {
      const { code, stderr } = await start(args, openSync('/dev/full', 'w')).ended
      expect(stderr).toMatch(/^corral[^:]*: the output cannot be written: ENOSPC.*not complete\n$/)
      expect(code).toBe(1)
    })
  },
)

test('corral has no command of which the output is not looked at', () => {
  // Those that change something: output-of-crawls.test.ts.
  const elsewhere = ['crawl', 'crawl retry-failed', 'crawl extract', 'demo']
  // Those that look into a process: inspect/commands.test.ts.
  elsewhere.push('ps', 'top', 'dashboard', 'record', 'profile', 'detach')
  const lookedAt = [...printing.map((args) => args.join(' ')), ...elsewhere]
  const names = [
    ...programCommands.keys(),
    ...[...storeCommands.keys()].map((each) => `crawl ${each}`),
  ]
  const isLookedAt = (name: string): boolean =>
    lookedAt.some((each) => each === name || each.startsWith(`${name} `))
  expect(names.filter((name) => !isLookedAt(name))).toEqual([])
})

test('corral crawl failures says more than a pipe holds', async () => {
  const { stdout } = await runCommand(['crawl', 'failures'], directory)
  expect(stdout.trimEnd().split('\n')).toHaveLength(3000)
  expect(stdout.length).toBeGreaterThan(3 * 65_536)
})

test('corral waits for a reader that does not read, and ends when it is told to', async () => {
  const { child, exit } = start(['crawl', 'failures'])
  await Promise.race([exit, realSleep(1500)])
  expect(child.exitCode).toBe(null)
  child.kill('SIGINT')
  await exit
})

test.runIf(existsSync('/dev/full'))(
  'corral keeps its exit code when nobody hears of it',
  async () => {
    const child = spawn(process.execPath, ['--conditions=@corral/source', main, 'nonsense'], {
      stdio: ['ignore', 'ignore', openSync('/dev/full', 'w')],
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(2)
  },
)
