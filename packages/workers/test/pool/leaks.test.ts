import { readdirSync } from 'node:fs'
import { CancelScope, isCancelled, mapConcurrent, moveOnAfter, sleep } from 'corral'
import { systemRuntime } from 'corral/lowlevel'
import { expect, test } from 'vitest'
import { Beats } from '../beats.ts'
import { openPool } from '../open-pool.ts'

/** The threads of this process, those of Node included. Only Linux tells. */
function osThreads(): number {
  try {
    return readdirSync('/proc/self/task').length
  } catch {
    return 0
  }
}

/** Listeners on what lives as long as the process. */
function listeners(): number {
  const names = process.eventNames()
  return names.reduce((sum, name) => sum + process.listenerCount(name), 0)
}

function resources(): Record<string, number> {
  const count: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) count[kind] = (count[kind] ?? 0) + 1
  return count
}

test('10 000 runs, some of which fail or are cancelled, leave no thread, no listener, no timer', async () => {
  const before = { threads: osThreads(), listeners: listeners(), resources: resources() }
  const timers = systemRuntime.clock.size
  {
    await using pool = openPool({ threads: 2 })
    const numbers = Array.from({ length: 10_000 }, (_, i) => i)
    const outcomes = await mapConcurrent(
      numbers,
      async (n) => {
        if (n % 100 === 1) return await pool.run('fail', ['x']).catch(() => 'failed')
        if (n % 100 === 2) return (await moveOnAfter(0, () => pool.run('add', [n, n]))).timedOut
        if (n % 100 === 3) return await pool.iterate('count', [20]).result()
        if (n % 1000 === 4) {
          const { timedOut } = await moveOnAfter(30, () => pool.run('hot', [new Beats().cells]))
          return timedOut
        }
        return await pool.run('add', [n, n])
      },
      { concurrency: 64 },
    )
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(100)
    expect(outcomes.filter((outcome) => outcome === 'counted 20')).toHaveLength(100)
    expect(outcomes.filter((outcome) => typeof outcome === 'number')).toHaveLength(9690)
    expect(pool.threads).toBeLessThanOrEqual(2)
    expect([pool.running, pool.waiting]).toEqual([0, 0])
  }
  await sleep(20) // what is closed is gone some turns later
  expect(osThreads()).toBeLessThanOrEqual(before.threads)
  expect(listeners()).toBe(before.listeners)
  expect(systemRuntime.clock.size).toBe(timers)
  const left = Object.entries(resources()).filter(([kind, n]) => n > (before.resources[kind] ?? 0))
  expect(left).toEqual([])
}, 120_000)

test('8 threads that are ended by force leave none behind', async () => {
  const before = osThreads()
  {
    await using pool = openPool({ threads: 1 })
    for (let i = 0; i < 8; i++) {
      const beats = new Beats()
      const scope = new CancelScope()
      await scope.run(async () => {
        void beats.begun().then(() => scope.cancel())
        await pool.run('hot', [beats.cells]).catch((error: unknown) => {
          expect(isCancelled(error)).toBe(true)
          throw error
        })
      })
      expect(pool.threads).toBeLessThanOrEqual(1)
    }
  }
  await sleep(20)
  expect(osThreads()).toBeLessThanOrEqual(before)
}, 120_000)

test('5 000 more runs need no more memory', async () => {
  await using pool = openPool({ threads: 2 })
  const some = (count: number): Promise<unknown> =>
    mapConcurrent(Array.from({ length: count }), () => pool.run('add', [1, 2]), { concurrency: 64 })
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  await some(3000)
  const before = heap()
  await some(5000)
  expect(heap() - before).toBeLessThan(1_000_000)
}, 60_000)

test('20 000 calls in line that are cancelled at once leave the line empty', async () => {
  await using pool = openPool({ threads: 1 })
  const beats = new Beats()
  const scope = new CancelScope()
  await scope.run(async () => {
    const calls = Array.from({ length: 20_000 }, () => pool.run('polite', [beats.cells]))
    const outcomes = Promise.allSettled(calls)
    await beats.begun()
    expect([pool.running, pool.waiting]).toEqual([1, 19_999])
    scope.cancel()
    const failed = (await outcomes).filter((outcome) => outcome.status === 'rejected')
    expect(failed.every(({ reason }) => isCancelled(reason))).toBe(true)
    expect(failed).toHaveLength(20_000)
  })
  expect([pool.running, pool.waiting]).toEqual([0, 0])
  expect(await beats.stopped()).toBe(true)
  expect(await pool.run('add', [1, 2])).toBe(3)
}, 60_000)
