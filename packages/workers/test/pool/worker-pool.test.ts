import { FullError, gather, mapConcurrent, MisuseError, run, sleep } from 'corral'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { WorkerError, WorkerPool } from '../../src/index.ts'
import { Beats } from '../beats.ts'
import { openPool } from '../open-pool.ts'
import type { Sums } from '../open-pool.ts'

describe('WorkerPool.run', () => {
  test('calls a function in a thread, and gives back what it returns', async () => {
    await using pool = openPool()
    expect(await pool.run('add', [1, 2])).toBe(3)
    expect(await pool.run('echo', [{ deep: [new Map([[1, 2n]])] }])).toEqual({
      deep: [new Map([[1, 2n]])],
    })
    expect(await pool.run('thread')).toBeGreaterThan(0)
  })

  test('infers names, arguments and results from the module', () => {
    const typed = async (pool: WorkerPool<Sums>): Promise<void> => {
      expectTypeOf(await pool.run('add', [1, 2])).toEqualTypeOf<number>()
      expectTypeOf(await pool.run('count', [1])).toEqualTypeOf<string>()
      expectTypeOf(await pool.run('countSlowly', [1])).toEqualTypeOf<string>()
      expectTypeOf(pool.run('optional')).resolves.toEqualTypeOf<string>()
      for await (const i of pool.iterate('count', [1])) expectTypeOf(i).toEqualTypeOf<number>()
      expectTypeOf(await pool.iterate('count', [1]).result()).toEqualTypeOf<string>()
      // @ts-expect-error: no such function
      await pool.run('subtract', [1, 2])
      // @ts-expect-error: an argument is missing
      await pool.run('add', [1])
      // @ts-expect-error: they are missing altogether
      await pool.run('add')
      // @ts-expect-error: of another type
      await pool.run('add', ['1', '2'])
      // @ts-expect-error: no generator
      pool.iterate('add', [1, 2])
    }
    expect(typed).toBeTypeOf('function')
    expectTypeOf<WorkerPool<Sums['sums']>['run']>().toEqualTypeOf<WorkerPool<Sums>['run']>()
  })

  test('takes what a generator returns, and drops what it yields', async () => {
    await using pool = openPool()
    expect(await pool.run('count', [1000])).toBe('counted 1000')
    expect(await pool.run('countSlowly', [3])).toBe('counted 3')
  })

  test('starts no thread before it is needed, and no more than it may', async () => {
    await using pool = openPool({ threads: 2 })
    expect(pool.threads).toBe(0)
    await pool.run('add', [1, 2])
    expect(pool.threads).toBe(1)
    const numbers = Array.from({ length: 100 }, (_, i) => i)
    const sums = await mapConcurrent(numbers, (i) => pool.run('add', [i, i]), { concurrency: 64 })
    expect(sums).toEqual(numbers.map((i) => 2 * i))
    expect(pool.threads).toBe(2)
    expect([pool.running, pool.waiting]).toEqual([0, 0])
  })

  test('starts min threads ahead', async () => {
    await using pool = openPool({ min: 2 })
    expect(pool.threads).toBe(2)
    await pool.run('add', [1, 2])
  })

  test('ends threads that lie idle for too long, down to min', async () => {
    await using pool = openPool({ idle: 30 })
    await pool.run('add', [1, 2])
    expect(pool.threads).toBe(1)
    while (pool.threads > 0) await sleep(5)
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test('does one call at a time in each thread, first come first served', async () => {
    await using pool = openPool({ threads: 1 })
    const order: number[] = []
    await gather(
      [5, 4, 3, 2, 1].map((n) => async () => {
        await pool.run('countSlowly', [n])
        order.push(n)
      }),
    )
    expect(order).toEqual([5, 4, 3, 2, 1])
  })

  test('refuses one more than maxQueue in line, at once', async () => {
    await using pool = openPool({ threads: 1, maxQueue: 1 })
    await gather([
      () => pool.run('countSlowly', [3]),
      () => pool.run('countSlowly', [3]),
      async () => {
        const error = await pool.run('add', [1, 2]).catch((error: unknown) => error)
        expect(error).toBeInstanceOf(FullError)
        expect(String(error)).toContain(
          '2 calls are in line or under way, which is threads + maxQueue',
        )
      },
    ])
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test('works outside of run, and inside', async () => {
    await using pool = openPool()
    expect(await run(() => pool.run('add', [1, 2]), { handleSignals: false })).toBe(3)
  })

  test('runs a function with what it spawns: a child is cancelled and awaited with it', async () => {
    await using pool = openPool({ threads: 1, cleanup: 5000 })
    const beats = new Beats()
    const { CancelScope } = await import('corral')
    const scope = new CancelScope()
    await scope.run(async () => {
      void beats.begun().then(() => scope.cancel())
      await pool.run('leavesChild', [beats.cells])
    })
    expect(scope.cancelledCaught).toBe(true)
    expect(await beats.stopped()).toBe(true)
  })
})

describe('WorkerPool.run hands over', () => {
  test('buffers in both directions instead of copying them', async () => {
    await using pool = openPool()
    const bytes = new Uint8Array(1000).fill(1)
    expect(await pool.run('sum', [bytes])).toBe(1000)
    expect(bytes).toHaveLength(1000)
    expect(await pool.run('sum', [bytes], { transfer: [bytes.buffer] })).toBe(1000)
    expect(bytes).toHaveLength(0)
    const [given, length] = await pool.run('give', [500])
    expect([given.length, length]).toEqual([500, 500])
  })

  test('nothing while it waits in line, and nothing when it is refused', async () => {
    await using pool = openPool({ threads: 1 })
    const bytes = new Uint8Array(1000)
    const { moveOnAfter } = await import('corral')
    await gather([
      () => pool.run('countSlowly', [30]),
      async () => {
        const { timedOut } = await moveOnAfter(5, () =>
          pool.run('sum', [bytes], { transfer: [bytes.buffer] }),
        )
        expect(timedOut).toBe(true)
      },
    ])
    expect(bytes).toHaveLength(1000)
    await expect(
      pool.run('echo', [[bytes, () => 1]], { transfer: [bytes.buffer] }),
    ).rejects.toMatchObject({ code: 'CLONE' })
    expect(bytes).toHaveLength(1000)
  })
})

describe('WorkerPool refuses', () => {
  test.each([
    [{ threads: 0 }, 'WorkerPool: threads must be a whole number of at least 1, got 0 (number)'],
    [{ min: -1 }, 'WorkerPool: min must be a whole number of at least 0'],
    [{ maxQueue: Number.NaN }, 'WorkerPool: maxQueue must be'],
    [{ grace: -1 }, 'WorkerPool: grace must be a number of milliseconds'],
    [{ memory: 1 }, 'WorkerPool: memory must be a whole number of at least 8'],
  ])('%j', (options, message) => {
    expect(() => openPool(options)).toThrow(message)
    expect(() => openPool(options)).toThrow(MisuseError)
  })

  test('a module that is no URL', () => {
    expect(() => new WorkerPool('./sums.ts')).toThrow(
      `WorkerPool: module must be a URL, got "./sums.ts" (string); write new URL('./x.ts', import.meta.url)`,
    )
  })

  test('a name that the module does not have, and says which it has', async () => {
    await using pool = openPool<{ sums: unknown }>()
    const loose = pool as unknown as WorkerPool<Sums>
    await expect(loose.run('nope' as 'add', [1, 2])).rejects.toThrow(
      /name must be one of add, echo, .* got "nope" \(string\)/,
    )
    await expect(loose.run('toString' as 'add', [1, 2])).rejects.toThrow(MisuseError)
    expect(await loose.run('add', [1, 2])).toBe(3)
  })

  test('to iterate over what is no generator', async () => {
    await using pool = openPool()
    const iteration = pool.iterate('add' as 'count', [1])
    await expect(iteration.next()).rejects.toThrow('name must be that of a generator function')
    expect(await pool.run('add', [1, 2])).toBe(3)
  })

  test.each([
    ['broken.ts', 'LOAD', 'did not load (this module is broken)'],
    ['exits.ts', 'LOAD', 'did not load (its thread exited with code 7)'],
    ['missing.ts', 'LOAD', 'did not load (Cannot find module'],
    ['empty.ts', 'MISUSE', 'exports no worker (it has "nothing" (string))'],
  ])('the module %s, for each call that asks', async (module, code, message) => {
    await using pool = openPool({}, module)
    for (let i = 0; i < 2; i++) {
      const error = await pool.run('add', [1, 2]).catch((error: unknown) => error as WorkerError)
      expect(error).toMatchObject({ code })
      expect(String(error)).toContain(message)
    }
    expect([pool.running, pool.waiting, pool.threads]).toEqual([0, 0, 0])
  })

  test('what cannot be copied, and keeps the thread', async () => {
    await using pool = openPool({ threads: 1 })
    const thread = await pool.run('thread')
    const error = await pool.run('echo', [() => 1]).catch((error: unknown) => error as WorkerError)
    expect(error).toBeInstanceOf(WorkerError)
    expect(error).toMatchObject({ code: 'CLONE', cause: { name: 'DataCloneError' } })
    await expect(pool.run('returnFunction')).rejects.toMatchObject({
      code: 'CLONE',
      message: expect.stringContaining('the result of returnFunction cannot be copied') as string,
    })
    await expect(pool.iterate('yieldFunction').next()).rejects.toMatchObject({ code: 'CLONE' })
    expect(await pool.run('thread')).toBe(thread)
  })
})
