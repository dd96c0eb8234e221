import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from './run-command.ts'

test('a failure under node:test says how to run it again, and that line runs it again', async () => {
  const timelines = mkdtempSync(join(tmpdir(), 'corral-timelines-'))
  try {
    const run = (env: Record<string, string>, ...args: string[]) => {
      const all = ['--conditions=@corral/source', ...args, '--test', 'failing-node.ts']
      return runCommand(process.execPath, all, { CORRAL_TIMELINES: timelines, ...env })
    }
    const { output, code } = await run({})
    expect(code).toBe(1)
    expect(output).toContain('┊ db.set is late')
    expect(output).toContain('every task waits, and nothing is left to wake one')
    expect(output).not.toContain('it ran')
    expect(output).toMatch(/pass 1\n.*fail 2/s)
    expect(readdirSync(timelines)).toEqual(['an-account-loses-no-deposit.html'])

    const line = /CORRAL_REPLAY=(\S+) node --test-name-pattern='?(.+?)'? --test /.exec(output)
    expect(line?.[2]).toBe('an account loses no deposit')
    const again = await run({ CORRAL_REPLAY: line?.[1] ?? '' }, `--test-name-pattern=${line?.[2]}`)
    expect(again.output).toContain('Found by the schedule given, after 1 schedule')
  } finally {
    rmSync(timelines, { recursive: true, force: true })
  }
}, 60_000)

test('worker threads may share the schedules of a test', async () => {
  const { output, code } = await runCommand(process.execPath, [
    ...['--conditions=@corral/source', '--test', 'shared-node.ts'],
  ])
  expect(code).toBe(1)
  expect(output).toContain('┊ db.set is late')
  expect(output).toMatch(/CORRAL_REPLAY=\S+ node --test-name-pattern=/)
}, 60_000)
