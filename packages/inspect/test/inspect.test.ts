import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { inspect } from '../src/inspect.ts'

const folder = mkdtempSync(join(tmpdir(), 'inspect-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('inspect', () => {
  test('gives back the watchdog and the recorder, and ends with its scope', async () => {
    await using looking = inspect({ recorder: join(folder, 'x.pftrace'), stuckAfter: Infinity })
    expect(looking.watchdog?.blocks).toBe(0)
    expect(looking.recorder?.bytes).toBe(1_048_576)
    const bare = inspect({ watchdog: false })
    expect([bare.watchdog, bare.recorder]).toEqual([undefined, undefined])
    await bare[Symbol.asyncDispose]()
  })

  test('refuses what its parts refuse, and leaves nothing running', () => {
    const before = process.listenerCount('SIGUSR2')
    expect(() => inspect({ stuckAfter: -1 })).toThrow('stuck: after must be')
    expect(process.listenerCount('SIGUSR2')).toBe(before)
  })

  test('is put into a program that says nothing of it, by --import', async () => {
    const register = fileURLToPath(new URL('../src/register.ts', import.meta.url))
    const path = join(folder, 'crash.pftrace')
    const child = spawn(
      process.execPath,
      [
        '--conditions=@corral/source',
        `--import=${register}`,
        '--input-type=module',
        '--eval',
        `import { run, sleep, spawn } from 'corral'
         await run(async () => { spawn(() => sleep(1e6)); await sleep(5); throw new Error('on purpose') })`,
      ],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        env: { ...process.env, CORRAL_RECORDER: path, CORRAL_WATCHDOG: '0' },
        stdio: 'ignore',
      },
    )
    expect(await once(child, 'close')).toEqual([1, null])
    expect(existsSync(path)).toBe(true)
  })
})
