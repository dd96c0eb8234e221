import { existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CancelScope,
  ClosedError,
  gather,
  isCancelled,
  moveOnAfter,
  race,
  sleep,
  spawn,
  TaskCancelledError,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import { describe, expect, test } from 'vitest'
import type { WorkerPool } from '../../src/index.ts'
import { Beats } from '../beats.ts'
import { openPool } from '../open-pool.ts'
import type { Sums } from '../open-pool.ts'

/** Runs `work` and cancels it when it works; tells how long the call took from there to throw. */
async function cancelAtWork(
  beats: Beats,
  work: () => Promise<unknown>,
): Promise<{ error: unknown; ms: number }> {
  const scope = new CancelScope()
  let cancelledAt = 0
  let error: unknown
  await gather([
    async () => {
      await beats.begun()
      await sleep(20)
      cancelledAt = performance.now()
      scope.cancel('not wanted')
    },
    () =>
      scope.run(async () => {
        try {
          await work()
        } catch (caught) {
          error = caught
          if (isCancelled(caught)) throw caught
        }
      }),
  ])
  return { error, ms: performance.now() - cancelledAt }
}

/** A pool whose threads are there, so that a test measures no start. */
async function warmPool(options: Parameters<typeof openPool>[0] = {}): Promise<WorkerPool<Sums>> {
  const pool = openPool<Sums>(options)
  const { threads = 2 } = options
  await gather(Array.from({ length: threads }, () => () => pool.run('countSlowly', [20])))
  while (pool.threads < threads) {
    await gather(Array.from({ length: threads }, () => () => pool.run('countSlowly', [20])))
  }
  return pool
}

describe('a cancelled run', () => {
  test('in line leaves it: nothing is started, the others keep their places', async () => {
    await using pool = await warmPool({ threads: 1 })
    const beats = new Beats()
    const order: string[] = []
    await gather([
      async () => {
        await pool.run('countSlowly', [500])
        order.push('first')
      },
      async () => {
        const { timedOut } = await moveOnAfter(10, () => pool.run('waits', [beats.cells]))
        expect(timedOut).toBe(true)
        order.push('gave up')
      },
      async () => {
        await pool.run('add', [1, 2])
        order.push('third')
      },
    ])
    expect(order).toEqual(['gave up', 'first', 'third'])
    expect(beats.count).toBe(0)
    expect([pool.running, pool.waiting]).toEqual([0, 0])
  })

  test('while its thread starts throws at once; the thread serves the next one', async () => {
    await using pool = openPool({ threads: 1 }, 'slow-start.ts')
    const started = performance.now()
    const { timedOut } = await moveOnAfter(20, () => pool.run('add', [1, 2]))
    expect(timedOut).toBe(true)
    expect(performance.now() - started).toBeLessThan(1500)
    expect(pool.waiting).toBe(0)
    expect(await pool.run('add', [1, 2])).toBe(3)
    expect(pool.threads).toBe(1)
  })

  test('cancelled before it is called does nothing', async () => {
    await using pool = openPool()
    const scope = new CancelScope()
    scope.cancel()
    await scope.run(() => pool.run('add', [1, 2]))
    expect(scope.cancelledCaught).toBe(true)
    expect(pool.threads).toBe(0)
  })

  test.each(['polite', 'waits'] as const)(
    '%s ends at a checkpoint and keeps its thread',
    async (name) => {
      await using pool = await warmPool({ threads: 1, grace: 5000 })
      const thread = await pool.run('thread')
      const beats = new Beats()
      const { error, ms } = await cancelAtWork(beats, () => pool.run(name, [beats.cells]))
      expect(isCancelled(error)).toBe(true)
      expect(ms).toBeLessThan(4000)
      expect(await beats.stopped()).toBe(true)
      expect(await pool.run('thread')).toBe(thread)
    },
  )

  test('hot without a checkpoint ends with its thread, and the neighbour goes on', async () => {
    await using pool = await warmPool()
    const beats = new Beats()
    const neighbour = spawn(() => pool.run('countSlowly', [150]))
    const { error, ms } = await cancelAtWork(beats, () => pool.run('hot', [beats.cells]))
    expect(isCancelled(error)).toBe(true)
    expect(ms).toBeLessThan(5000) // 50 on a machine that has nothing else to do: bench/workers measures it
    expect(await beats.stopped()).toBe(true)
    expect(await neighbour).toBe('counted 150')
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test('stubborn, that catches its cancellation and goes on, ends after cleanup', async () => {
    await using pool = await warmPool({ threads: 1, cleanup: 100 })
    const beats = new Beats()
    const { error, ms } = await cancelAtWork(beats, () => pool.run('stubborn', [beats.cells]))
    expect(isCancelled(error)).toBe(true)
    expect(beats.cleanedUp).toBe(true) // it was told, and did not listen
    expect(ms).toBeGreaterThanOrEqual(90)
    expect(await beats.stopped()).toBe(true)
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test('throws only after the cleanup of the function has run, longer than grace', async () => {
    await using pool = await warmPool({ threads: 1, cleanup: 5000 })
    const thread = await pool.run('thread')
    const beats = new Beats()
    const { error } = await cancelAtWork(beats, () => pool.run('cleansUp', [beats.cells, 150]))
    expect(isCancelled(error)).toBe(true)
    expect(beats.cleanedUp).toBe(true)
    expect(await beats.stopped()).toBe(true)
    expect(await pool.run('thread')).toBe(thread)
  })

  test('in native code, which nothing interrupts, throws only after that has ended', async () => {
    await using pool = await warmPool({ threads: 1 })
    const path = join(tmpdir(), `corral-workers-${process.pid}`)
    rmSync(path, { force: true })
    const { timedOut } = await moveOnAfter(100, () => pool.run('native', [path]))
    expect(timedOut).toBe(true)
    const written = existsSync(path)
    await sleep(400)
    expect(existsSync(path)).toBe(written) // nothing has happened since it threw
    rmSync(path, { force: true })
  })

  test('that fails while it cleans up throws that error', async () => {
    await using pool = await warmPool({ threads: 1, cleanup: 5000 })
    const beats = new Beats()
    const { error } = await cancelAtWork(beats, () => pool.run('failsWhenCancelled', [beats.cells]))
    expect(error).toBeInstanceOf(RangeError)
    expect(String(error)).toContain('while cleaning up')
  })

  test('is told the reason, also in a loop that reads no messages', async () => {
    await using pool = await warmPool({ threads: 1, grace: 5000 })
    const beats = new Beats()
    const { error } = await cancelAtWork(beats, () => pool.run('reason', [beats.cells]))
    expect(String(error)).toBe('RangeError: it said: not wanted')
  })

  test('of a race of three: the losers have stopped when it is over', async () => {
    await using pool = await warmPool({ threads: 2 })
    const beats = new Beats()
    expect(
      await race([() => pool.run('hot', [beats.cells]), () => pool.run('countSlowly', [30])]),
    ).toBe('counted 30')
    expect(await beats.stopped()).toBe(true)
    expect(pool.running).toBe(0)
  })
})

describe('a deadline', () => {
  test('is known in the thread', async () => {
    await using pool = await warmPool({ threads: 1 })
    expect(await pool.run('timeLeft')).toBe(Infinity)
    const left = await timeout(5000, () => pool.run('timeLeft'))
    expect(left).toBeGreaterThan(3000)
    expect(left).toBeLessThanOrEqual(5001)
  })

  test('is a TimeoutError for the caller, whoever sees it pass first', async () => {
    await using pool = await warmPool({ threads: 1, grace: 5000 })
    const thread = await pool.run('thread')
    for (const name of ['waits', 'polite', 'waits', 'polite'] as const) {
      const beats = new Beats()
      const error = await timeout(50, () => pool.run(name, [beats.cells])).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(await beats.stopped()).toBe(true)
    }
    expect(await pool.run('thread')).toBe(thread)
  })

  test('ends a thread that works while the caller is too busy to cancel it', async () => {
    await using pool = await warmPool({ threads: 1, grace: 5000 })
    const beats = new Beats()
    let countInTime = 0
    const error = await timeout(50, async () => {
      const work = pool.run('polite', [beats.cells])
      await beats.begun()
      const until = Date.now() + 200
      while (Date.now() < until); // the loop is blocked
      countInTime = beats.count
      const again = Date.now() + 50
      while (Date.now() < again);
      expect(beats.count).toBe(countInTime)
      await work
    }).catch((e: unknown) => e)
    expect(countInTime).toBeGreaterThan(0)
    expect(error).toBeInstanceOf(TimeoutError)
  })
})

describe('WorkerPool.close', () => {
  test('stops what runs and what waits, in every phase, and leaves no thread', async () => {
    const pool = await warmPool({ threads: 2 })
    const [hot, polite] = [new Beats(), new Beats()]
    const iteration = pool.iterate('countBeats', [new Beats().cells])
    const outcomes = Promise.allSettled([
      pool.run('hot', [hot.cells]),
      pool.run('polite', [polite.cells]),
      pool.run('add', [1, 2]),
      iteration.next(),
    ])
    await Promise.all([hot.begun(), polite.begun()])
    await pool.close()
    expect(pool.threads).toBe(0)
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } })
    }
    expect(await hot.stopped()).toBe(true)
    expect(await polite.stopped()).toBe(true)
    await expect(pool.run('add', [1, 2])).rejects.toThrow(ClosedError)
    await expect(pool.iterate('count', [1]).next()).rejects.toThrow('the pool is closed')
    await pool.close() // again is fine
  })

  test('ends a thread that is just starting, or never will', async () => {
    const pool = openPool<Sums>({ threads: 1 }, 'hangs.ts')
    const outcome = pool.run('add', [1, 2]).catch((error: unknown) => error)
    await sleep(100)
    await pool.close()
    expect(await outcome).toBeInstanceOf(ClosedError)
    expect(pool.threads).toBe(0)
  })

  test('is what the end of the block does, also when that is cancelled', async () => {
    const beats = new Beats()
    let threads = -1
    const result = await moveOnAfter(2000, async () => {
      await using pool = await warmPool({ threads: 1 })
      await using _after = { [Symbol.asyncDispose]: async () => void (threads = pool.threads) }
      const scope = new CancelScope()
      await taskGroup(async (group) => {
        group.spawn(() => scope.run(() => pool.run('hot', [beats.cells])))
        await beats.begun()
        group.cancel()
      })
      return 'over'
    })
    expect(result).toEqual({ timedOut: false, value: 'over' })
    expect(threads).toBeLessThanOrEqual(1)
    expect(await beats.stopped()).toBe(true)
  })

  test('a call that is cancelled while the pool closes throws after its work has stopped', async () => {
    const pool = await warmPool({ threads: 1, cleanup: 5000 })
    const beats = new Beats()
    const [{ error }] = await gather([
      () => cancelAtWork(beats, () => pool.run('cleansUp', [beats.cells, 100])),
      async () => {
        await beats.begun()
        await sleep(10)
        await pool.close()
      },
    ])
    expect(isCancelled(error)).toBe(true)
    expect(beats.cleanedUp).toBe(true)
    expect(pool.threads).toBe(0)
  })

  test("calls a thread's process.on('exit')", async () => {
    const path = join(tmpdir(), `corral-workers-exit-${process.pid}`)
    rmSync(path, { force: true })
    {
      await using pool = await warmPool({ threads: 1, grace: 5000 })
      await pool.run('note', [path])
      expect(existsSync(path)).toBe(false)
    }
    expect(existsSync(path)).toBe(true)
    rmSync(path)
  })
})

test('a function that cancels its own task is no cancellation of the caller', async () => {
  await using pool = await warmPool({ threads: 1 })
  const error = await pool.run('cancelsItself').catch((e: unknown) => e)
  expect(error).toBeInstanceOf(TaskCancelledError)
  expect(String(error)).toContain('task cancelsItself was cancelled: enough')
})
