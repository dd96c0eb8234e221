import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Lock, sleep, spawn, taskGroup } from 'corral'
import { testRun } from 'corral/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { recorder } from '../../src/recorder/recorder.ts'
import { readPerfetto } from './perfetto-reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'recorder-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = fileURLToPath(new URL('./crashing.ts', import.meta.url))

/** Runs the program that records itself, and returns how it ended and what it left. */
async function crashing(
  how: string,
): Promise<{ code: unknown; signal: unknown; ms: number; tracks: string[] }> {
  const path = join(folder, `${how}.pftrace`)
  const args = ['--conditions=@corral/source', program, path, how]
  const child = spawnProcess(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    if (piece.includes('ready') && how.startsWith('SIG')) child.kill(how as NodeJS.Signals)
  })
  const [code, signal] = (await once(child, 'close')) as [unknown, unknown]
  const tracks = readPerfetto(readFileSync(path)).map(({ name }) => name)
  return { code, signal, ms: Number(/dump (\d+)/.exec(text)?.[1]), tracks }
}

describe('recorder', () => {
  test('writes a track for each task, named after it, with its waits', async () => {
    const path = join(folder, 'all.pftrace')
    await testRun(async () => {
      using flight = recorder({ events: 1000 })
      const lock = new Lock({ name: 'accounts' })
      await taskGroup((group) => {
        for (const name of ['one', 'two']) group.spawn(() => lock.use(() => sleep(5)), { name })
      })
      flight.write(path)
    })
    const tracks = readPerfetto(readFileSync(path))
    const two = tracks.find(({ name }) => name.startsWith('two'))
    expect(two?.parent).toBe('main #1')
    expect(two?.slices).toEqual([
      { name: 'two', category: 'task', from: 0, to: 10_000_000, depth: 0 },
      { name: 'Lock.acquire accounts', category: 'wait', from: 0, to: 5_000_000, depth: 1 },
      { name: 'sleep', category: 'wait', from: 5_000_000, to: 10_000_000, depth: 1 },
    ])
  })

  test('writes the JSON of Chrome, with a thread for each task', async () => {
    const path = join(folder, 'all.json')
    await testRun(async () => {
      using flight = recorder()
      await spawn(() => sleep(5), { name: '</script>\u001b[31m' })
      flight.write(path, { format: 'chrome' })
    })
    const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as {
      traceEvents: { ph: string; name: string; ts?: number; args?: { name: string } }[]
    }
    expect(traceEvents.map(({ args }) => args?.name)).toContain('</script>\u001b[31m #2')
    expect(traceEvents.filter(({ ph, name }) => ph === 'B' && name === 'sleep')).toHaveLength(1)
    expect(traceEvents.filter(({ ph }) => ph === 'B')).toHaveLength(
      traceEvents.filter(({ ph }) => ph === 'E').length,
    )
  })

  test('keeps the last events only, and the names of tasks that are older', async () => {
    const path = join(folder, 'last.pftrace')
    await testRun(async () => {
      using flight = recorder({ events: 64 })
      const old = spawn(() => sleep(1000), { name: 'old' })
      for (let i = 0; i < 500; i++) await spawn(() => sleep(1), { name: `short#${i}` })
      expect(flight.count).toBeGreaterThan(2000)
      expect(flight.bytes).toBe(64 * 16)
      flight.write(path)
      old.cancel()
    })
    const tracks = readPerfetto(readFileSync(path))
    const names = tracks.map(({ name }) => name.replace(/ #\d+$/, ''))
    expect(names).toContain('old')
    expect(names).toContain('short#499')
    expect(names).not.toContain('short#100')
  })

  test('leaves the old file, and no other, where it cannot write', () => {
    using flight = recorder()
    const path = join(folder, 'file', 'x.pftrace')
    writeFileSync(join(folder, 'file'), 'old')
    expect(() => flight.write(path)).toThrow('ENOTDIR')
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test.each([
    ['uncaught', 7, null],
    ['rejected', 1, null],
    ['SIGTERM', null, 'SIGTERM'],
    ['SIGUSR2', 0, null],
  ])('of a process that ends by %s leaves its recording', async (how, code, signal) => {
    const end = await crashing(how)
    expect([end.code, end.signal]).toEqual([how === 'uncaught' ? 1 : code, signal])
    expect(end.tracks.filter((name) => name.startsWith('sleeper'))).toHaveLength(100)
  })

  test('refuses what it cannot keep', () => {
    expect(() => recorder({ events: 0 })).toThrow('recorder: events must be')
    using flight = recorder({ events: 2 })
    expect(() => flight.write('x', { format: 'svg' as never })).toThrow('Recorder.write: format')
  })
})
