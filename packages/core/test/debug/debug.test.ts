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
  it('tells what happened in which task, where that was spawned, and what to do, until it is stopped', async () => {
    const warnings: DebugWarning[] = []
    const stop = debug({ warn: (warning) => warnings.push(warning) })
    await testRun(swallow)
    stop()
    await testRun(swallow)
    expect(warnings).toHaveLength(1)
    const { code, task, spawnedAt, message } = warnings[0] as DebugWarning
    expect([code, task]).toEqual(['SWALLOWED', 'deaf'])
    expect(spawnedAt).toMatch(/debug\.test\.ts:\d+:\d+$/)
    expect(message).toBe(
      `task deaf, spawned at ${spawnedAt}: it was cancelled in a wait and returned as if nothing had happened; ` +
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
    const warnings = [...stderr.matchAll(/^corral: (\w+: task \w+), spawned at \S+pitfalls\.ts:/gm)]
    const told = warnings.map(([, warning]) => warning)
    expect(told).toContain('SLOW: task busy') // and on a busy machine others, too
    expect(told.filter((warning) => !warning?.startsWith('SLOW'))).toEqual([
      'SWALLOWED: task deaf',
      'FORGOTTEN: task forgetful',
      'OUTLIVED: task gone',
    ])
  })
})
