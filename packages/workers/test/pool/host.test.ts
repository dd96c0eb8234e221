import {
  CancelScope,
  currentTask,
  isCancelled,
  moveOnAfter,
  sleep,
  TaskLocal,
  timeout,
} from 'corral'
import { describe, expect, test } from 'vitest'
import type { WorkerPool, WorkerPoolOptions } from '../../src/index.ts'
import { hostOf } from '../../src/thread.ts'
import type { apart, Host } from '../modules/apart.ts'
import { openPool } from '../open-pool.ts'

/** What the host's functions have done. */
interface Seen {
  begun: number
  ended: number
}

const user: TaskLocal<string> = new TaskLocal('nobody')

describe.each(['thread', 'process'] as const)('a call back from a %s', (isolation) => {
  function open(options: WorkerPoolOptions = {}): { pool: WorkerPool<typeof apart>; seen: Seen } {
    const seen: Seen = { begun: 0, ended: 0 }
    const host: Host = {
      double: async (n) => {
        await sleep(1)
        return n * 2
      },
      fail: (message) => {
        throw new RangeError(message)
      },
      never: async () => {
        seen.begun += 1
        try {
          await sleep(Infinity)
        } finally {
          seen.ended += 1
        }
      },
      slow: async (n) => n,
      odd: () => () => 1,
    }
    const pool = openPool<typeof apart>(
      { isolation, threads: 1, grace: 20_000, host, ...options },
      'apart.ts',
    )
    return { pool, seen }
  }

  test('gives what the function gives, many at once and in a generator', async () => {
    await using pool = open().pool
    expect(await pool.run('twice', [21])).toBe(42)
    expect(await pool.run('many', [50])).toEqual(Array.from({ length: 50 }, (_, i) => i * 2))
    const items: number[] = []
    for await (const item of pool.iterate('asksOnTheWay', [3])) items.push(item)
    expect(items).toEqual([0, 2, 4])
  })

  test('fails as the function fails, or says what is wrong with the call', async () => {
    await using pool = open().pool
    await expect(pool.run('asksAndFails', ['bad'])).rejects.toThrow(new RangeError('bad'))
    await expect(pool.run('asksForWhatIsNot')).rejects.toThrow(
      'hostOf: name must be one of double, fail, never, slow, odd, got "nothing" (string)',
    )
    await expect(pool.run('asksOddly')).rejects.toMatchObject({ code: 'CLONE' })
    expect(await pool.run('twice', [2])).toBe(4)
  })

  test('runs where the call was made: its task, its deadline, its values', async () => {
    const host = {
      double: async (): Promise<number> => {
        await sleep(1)
        return user.get().length
      },
    }
    await using pool = open({ host }).pool
    expect(await user.run('alice', () => pool.run('twice', [0]))).toBe(5)
  })

  test('that is given up in the thread has ended here when that goes on', async () => {
    const { pool, seen } = open()
    await using _pool = pool
    expect(await pool.run('givesUp', [10])).toEqual({ timedOut: true })
    expect(seen).toEqual({ begun: 1, ended: 1 })
  })

  test('ends with its call: cancelled, timed out, left behind, or with the end of its thread', async () => {
    const { pool, seen } = open()
    await using _pool = pool
    const scope = new CancelScope()
    let error: unknown
    await scope.run(async () => {
      void (async () => {
        while (seen.begun === 0) await sleep(1)
        scope.cancel()
      })()
      await pool.run('asksAndWaits').catch((caught: unknown) => {
        error = caught
        throw caught
      })
    })
    expect(isCancelled(error)).toBe(true)
    expect(seen).toEqual({ begun: 1, ended: 1 })
    expect((await moveOnAfter(200, () => pool.run('asksAndWaits'))).timedOut).toBe(true)
    expect(seen.ended).toBe(seen.begun)
    expect(await pool.run('forgets')).toBe('gone on')
    expect(seen.ended).toBe(seen.begun)
    await expect(pool.run('asksAndExits')).rejects.toMatchObject({ code: 'EXIT' })
    expect(seen.ended).toBe(seen.begun)
  })

  test('is over when the pool is closed meanwhile', async () => {
    const { pool, seen } = open()
    const outcome = pool.run('asksAndWaits').catch((error: unknown) => error)
    while (seen.begun === 0) await sleep(1)
    await pool.close()
    expect(await outcome).toMatchObject({ code: 'CLOSED' })
    expect(seen).toEqual({ begun: 1, ended: 1 })
  })

  test('whose task cancels itself is a TaskCancelledError in the thread, and cancels nobody', async () => {
    const host = {
      double: async (): Promise<void> => {
        currentTask()?.cancel('enough')
        await sleep(1)
      },
    }
    await using pool = open({ host }).pool
    await expect(timeout(20_000, () => pool.run('twice', [1]))).rejects.toMatchObject({
      code: 'TASK_CANCELLED',
    })
  })
})

test('a call back outside a pool says so', async () => {
  await expect(hostOf<Host>().double(1)).rejects.toThrow(
    'hostOf: double was called outside a call of a pool',
  )
  expect(await Promise.resolve(hostOf<Host>())).toBe(hostOf<Host>()) // it is no promise
})

test('a host has functions', () => {
  expect(() => openPool({ host: { lookup: 1 } as never })).toThrow(
    'WorkerPool: host.lookup must be a function, got 1 (number)',
  )
})
