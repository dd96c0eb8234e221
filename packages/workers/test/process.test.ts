import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { gather, timeout } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { openPool } from './open-pool.ts'

const program = fileURLToPath(new URL('./modules/program.ts', import.meta.url))

async function start(
  what: string,
  signal?: NodeJS.Signals,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const args = ['--conditions=@corral/source', program, what]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '' && signal !== undefined) child.kill(signal)
    stdout += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

describe('a program', () => {
  test('ends while a pool that it forgot is idle', async () => {
    expect(await start('idle')).toEqual({ code: 0, stdout: '3\n', stderr: '' })
  })

  test('does not end while a call is under way', async () => {
    expect(await start('busy')).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  })

  test('ends on Ctrl-C while a thread computes', async () => {
    expect(await start('hot', 'SIGINT')).toEqual({ code: 130, stdout: 'working\n', stderr: '' })
  })
})

test('a pool works in a test in virtual time, which waits for its threads', async () => {
  const sums = await testRun(async () => {
    await using pool = openPool()
    return await timeout(60_000, () =>
      gather([1, 2, 3].map((n) => () => pool.run('countSlowly', [n]))),
    )
  })
  expect(sums).toEqual(['counted 1', 'counted 2', 'counted 3'])
})
