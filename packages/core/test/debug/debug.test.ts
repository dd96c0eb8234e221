import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { debug } from '../../src/debug.ts'
import type { DebugWarning } from '../../src/debug.ts'
import { sleep, spawn } from '../../src/index.ts'
import { testRun } from '../../src/testing.ts'

async function swallow(): Promise<void> {
  const task = spawn(() => sleep(1000).catch(() => {}), { name: 'deaf' })
  await sleep(1)
  task.cancel()
  await task
}

describe('debug', () => {
  it('tells what happened in which task, in which call, where the task was spawned, and what to do, until it is stopped', async () => {
    const warnings: DebugWarning[] = []
    const stop = debug({ warn: (warning) => warnings.push(warning) })
    await testRun(swallow)
    stop()
    await testRun(swallow)
    expect(warnings).toHaveLength(1)
    const { code, task, spawnedAt, place, message } = warnings[0] as DebugWarning
    expect([code, task]).toEqual(['SWALLOWED', 'deaf'])
    expect(spawnedAt).toMatch(/debug\.test\.ts:\d+:\d+$/)
    expect(place).toMatch(/debug\.test\.ts:\d+:\d+$/)
    expect(place).not.toBe(spawnedAt)
    expect(message).toBe(
      `task deaf, at ${place}, spawned at ${spawnedAt}: it was cancelled in a wait and returned as if nothing had happened; ` +
        'let Cancelled pass, and do in shield what must be finished',
    )
  })

  it('takes the place of an earlier call', async () => {
    const told: string[] = []
    const stops = ['first', 'second'].map((name) => debug({ warn: () => told.push(name) }))
    await testRun(swallow)
    for (const stop of stops) stop()
    expect(told).toEqual(['second'])
  })

  it('refuses a limit that is no duration, and a listener that is no function', () => {
    expect(() => debug({ slowStep: -1 })).toThrow(
      'debug: slowStep must be a number of milliseconds',
    )
    expect(() => debug({ overdue: Number.NaN })).toThrow(
      'debug: overdue must be a number of milliseconds',
    )
    expect(() => debug({ warn: 'console' as never })).toThrow(
      'debug: warn must be a function, got "console" (string)',
    )
  })

  it('is turned on by an import, and prints to standard error', async () => {
    const entry = fileURLToPath(new URL('../../src/debug.ts', import.meta.url))
    const program = fileURLToPath(new URL('programs/pitfalls.ts', import.meta.url))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--import',
      entry,
      program,
    ])
    expect(stdout).toBe('done\n')
    const lines = stderr.replaceAll(/\S+pitfalls\.ts:(\d+):\d+/g, 'line $1').split('\n')
    const told = lines.map((line) => line.replace(/(line \d+): .*/, '$1'))
    expect(told).toContain('corral: SLOW: task busy, spawned at line 42') // and on a busy machine others, too
    expect(told.filter((line) => line !== '' && !line.includes('SLOW'))).toEqual([
      'corral: SWALLOWED: task deaf, at line 5, spawned at line 5',
      'corral: SWALLOWED: task deaf in a part, at line 11, spawned at line 13',
      'corral: FORGOTTEN: task forgetful, at line 16, spawned at line 19',
      'corral: UNSHIELDED: task untidy, at line 25, spawned at line 28',
      'corral: OVERDUE: task foreign, spawned at line 36',
      'corral: OUTLIVED: task gone, at line 44, spawned at line 45',
    ])
  })
})
