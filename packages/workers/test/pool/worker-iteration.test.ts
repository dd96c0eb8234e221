import { getEventListeners } from 'node:events'
import {
  CancelScope,
  ClosedError,
  currentSignal,
  gather,
  isCancelled,
  moveOnAfter,
  sleep,
  TaskCancelledError,
} from 'corral'
import { describe, expect, test } from 'vitest'
import { WorkerIteration } from '../../src/index.ts'
import { Beats } from '../beats.ts'
import { openPool } from '../open-pool.ts'

describe('WorkerPool.iterate', () => {
  test.each(['count', 'countSlowly'] as const)(
    'hands out what %s yields, then what it returns',
    async (name) => {
      await using pool = openPool()
      const iteration = pool.iterate(name, [40])
      expect(iteration).toBeInstanceOf(WorkerIteration)
      const items: number[] = []
      for await (const item of iteration) items.push(item)
      expect(items).toEqual(Array.from({ length: 40 }, (_, i) => i))
      expect(await iteration.result()).toBe('counted 40')
      expect(await iteration.next()).toEqual({ done: true, value: undefined })
      expect(pool.running).toBe(0)
    },
  )

  test('starts nothing before it is read', async () => {
    await using pool = openPool()
    const iteration = pool.iterate('count', [3])
    await sleep(5)
    expect(pool.threads).toBe(0)
    expect(await iteration.result()).toBe('counted 3')
  })

  test('tells the result to one who is not interested in progress', async () => {
    await using pool = openPool()
    expect(await pool.iterate('countSlowly', [30]).result()).toBe('counted 30')
  })

  test('has the generator wait for a slow reader', async () => {
    await using pool = openPool()
    const beats = new Beats()
    await using iteration = pool.iterate('countBeats', [beats.cells], { buffer: 4 })
    await iteration.next()
    await sleep(100)
    expect(beats.count).toBe(4)
    await iteration.next()
    await sleep(50)
    expect(beats.count).toBe(6)
  })

  test('with a buffer without a limit the generator waits for nobody', async () => {
    await using pool = openPool()
    await using iteration = pool.iterate('count', [5000], { buffer: Infinity })
    await iteration.next()
    while (pool.running > 0) await sleep(1)
    expect(await iteration.result()).toBe('counted 5000')
  })

  test('throws what the generator throws, after the items before it', async () => {
    await using pool = openPool()
    const iteration = pool.iterate('yieldThenFail')
    const items: number[] = []
    const read = async (): Promise<void> => {
      for await (const item of iteration) items.push(item)
    }
    await expect(read()).rejects.toThrow(RangeError)
    expect(items).toEqual([1, 2])
    await expect(iteration.result()).rejects.toThrow('after two')
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    expect(pool.running).toBe(0)
  })

  test('serves several readers, each item once', async () => {
    await using pool = openPool()
    const iteration = pool.iterate('countSlowly', [20])
    const items: number[] = []
    await gather(
      [1, 2, 3].map(() => async () => {
        for await (const item of iteration) items.push(item)
      }),
    )
    expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })
})

describe('an iteration that is left', () => {
  test('by break has stopped, its finally has run, its thread serves again', async () => {
    await using pool = openPool({ threads: 1, grace: 5000 })
    const thread = await pool.run('thread')
    const beats = new Beats()
    const iteration = pool.iterate('countBeats', [beats.cells])
    for await (const item of iteration) if (item === 3) break
    expect(beats.cleanedUp).toBe(true)
    expect(await beats.stopped()).toBe(true)
    expect(pool.running).toBe(0)
    expect(await pool.run('thread')).toBe(thread)
    await expect(iteration.result()).rejects.toThrow(ClosedError)
  })

  test('while it computes without a checkpoint has stopped all the same', async () => {
    await using pool = openPool({ threads: 1 })
    const beats = new Beats()
    for await (const _ of pool.iterate('yieldThenHot', [beats.cells])) {
      await beats.begun()
      break
    }
    expect(await beats.stopped()).toBe(true)
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test('throws what its finally throws', async () => {
    await using pool = openPool({ threads: 1, grace: 5000 })
    const read = async (): Promise<void> => {
      for await (const _ of pool.iterate('failInFinally')) break
    }
    await expect(read()).rejects.toThrow('in finally')
  })

  test('before it was begun never begins', async () => {
    await using pool = openPool()
    const iteration = pool.iterate('count', [3])
    await iteration.return()
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    expect(pool.threads).toBe(0)
  })

  test('while another reader waits in line for a thread gives that up', async () => {
    await using pool = openPool({ threads: 1 })
    const beats = new Beats()
    const iteration = pool.iterate('countBeats', [beats.cells])
    const order: string[] = []
    await gather([
      async () => {
        await pool.run('countSlowly', [100])
        order.push('the first in line was served')
      },
      async () => {
        expect(await iteration.next()).toMatchObject({ done: true })
        order.push('the reader gave up')
      },
      async () => {
        await sleep(5)
        await iteration.return()
      },
    ])
    expect(order).toEqual(['the reader gave up', 'the first in line was served'])
    expect(pool.running).toBe(0)
    expect(await beats.stopped()).toBe(true)
  })
})

describe('a cancelled iteration', () => {
  test('while it waits for an item throws after the work has stopped', async () => {
    await using pool = openPool({ threads: 1 })
    const beats = new Beats()
    let error: unknown
    const result = await moveOnAfter(800, async () => {
      const iteration = pool.iterate('yieldThenHot', [beats.cells])
      await iteration.next()
      await iteration.next().catch((e: unknown) => {
        error = e
        throw e
      })
    })
    expect(result.timedOut).toBe(true)
    expect(isCancelled(error)).toBe(true)
    expect(beats.count).toBeGreaterThan(0)
    expect(await beats.stopped()).toBe(true)
    expect(pool.running).toBe(0)
  })

  test('in line throws at once, and nothing was begun', async () => {
    await using pool = openPool({ threads: 1 })
    const beats = new Beats()
    await gather([
      () => pool.run('countSlowly', [50]),
      async () => {
        const { timedOut } = await moveOnAfter(5, () =>
          pool.iterate('countBeats', [beats.cells]).next(),
        )
        expect(timedOut).toBe(true)
      },
    ])
    expect(beats.count).toBe(0)
    expect(pool.running).toBe(0)
  })

  test('while its reader does something else stops the work meanwhile', async () => {
    await using pool = openPool({ threads: 1 })
    const beats = new Beats()
    const scope = new CancelScope()
    await scope.run(async () => {
      for await (const _ of pool.iterate('yieldThenHot', [beats.cells])) {
        await beats.begun()
        scope.cancel()
        const until = Date.now() + 5000
        while (pool.running > 0 && Date.now() < until) {
          await new Promise((resolve) => setTimeout(resolve, 5)) // foreign: not interrupted
        }
        expect(pool.running).toBe(0)
      }
    })
    expect(scope.cancelledCaught).toBe(true)
    expect(await beats.stopped()).toBe(true)
  })

  test('that is read elsewhere tells there that its work was cancelled', async () => {
    await using pool = openPool({ threads: 1 })
    const scope = new CancelScope()
    const iteration = await scope.run(async () => pool.iterate('countSlowly', [1000]))
    await iteration?.next()
    const kept = new CancelScope()
    let inside: WorkerIteration<number, string> | undefined
    await gather([
      () =>
        kept.run(async () => {
          inside = pool.iterate('countSlowly', [1000])
          await sleep(1000)
        }),
      async () => {
        await iteration?.return()
        await inside?.next()
        kept.cancel('enough')
        const read = async (): Promise<void> => {
          for await (const _ of inside ?? []);
        }
        await expect(read()).rejects.toThrow(TaskCancelledError)
      },
    ])
  })

  test('leaves no listener at the signal of its scope', async () => {
    await using pool = openPool()
    const scope = new CancelScope()
    await scope.run(async () => {
      for (let i = 0; i < 20; i++) {
        const iteration = pool.iterate('count', [3])
        if (i % 2 === 0) await iteration.result()
        else await iteration.next()
        await iteration.return()
      }
      expect(getEventListeners(currentSignal(), 'abort')).toHaveLength(0)
    })
  })
})
