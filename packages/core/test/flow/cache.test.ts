import { AsyncLocalStorage } from 'node:async_hooks'
import {
  Cache,
  CancelScope,
  checkpoint,
  gather,
  gatherSettled,
  MisuseError,
  now,
  shield,
  sleep,
  spawn,
  TaskCancelledError,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import { always, explore, testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { unhandled } from '../unhandled.ts'

/** A load that takes `ms`, and counts. */
function counting(ms = 10) {
  const calls: number[] = []
  const load = async (key: number): Promise<string> => {
    calls.push(key)
    await sleep(ms)
    return `${key} at ${now()}`
  }
  return { load, calls }
}

describe('Cache', () => {
  test('Cache.get loads a key once, also for those who ask at the same time', () =>
    testRun(async () => {
      const { load, calls } = counting()
      const cache = new Cache(load)
      const both = await gather([() => cache.get(1), () => cache.get(1), () => cache.get(2)])
      expect(both).toEqual(['1 at 10', '1 at 10', '2 at 10'])
      expect(await cache.get(1)).toBe('1 at 10')
      expect([calls, cache.size, now()]).toEqual([[1, 2], 2, 10])
    }))

  test('a value that is over is loaded anew, and not before', () =>
    testRun(async () => {
      const { load, calls } = counting(0)
      const cache = new Cache(load, { ttl: 100 })
      await cache.get(1)
      await sleep(99)
      await cache.get(1)
      expect(calls).toEqual([1])
      await sleep(1)
      expect(cache.peek(1)).toBeUndefined()
      expect(await cache.get(1)).toBe('1 at 100')
      expect(calls).toEqual([1, 1])
    }))

  test('a stale value is given at once while one load brings the next', () =>
    testRun(async () => {
      const { load, calls } = counting(10)
      const cache = new Cache(load, { ttl: 100, stale: 50 })
      await cache.get(1)
      await sleep(120)
      for (let i = 0; i < 3; i++) expect(await cache.get(1)).toBe('1 at 10')
      expect(now()).toBe(130)
      await sleep(11)
      expect(await cache.get(1)).toBe('1 at 140')
      expect(calls).toEqual([1, 1])
      await sleep(150)
      expect(await cache.get(1)).toBe('1 at 301')
    }))

  test('when the load ahead fails the stale value stays, and onError is told', async () => {
    const told: unknown[] = []
    const program = (onError?: (error: unknown) => void) =>
      testRun(
        async () => {
          let calls = 0
          const load = async (): Promise<number> => {
            calls += 1
            if (calls > 1) throw new RangeError('down')
            return calls
          }
          const cache = new Cache(load, { ttl: 100, stale: 100, ...(onError && { onError }) })
          await cache.get('key')
          await sleep(150)
          expect(await cache.get('key')).toBe(1)
          await sleep(10)
          expect(await cache.get('key')).toBe(1)
          await sleep(100)
          await expect(cache.get('key')).rejects.toThrow('down')
        },
        { unhandled: 'report' },
      )
    expect(await unhandled(() => program((error) => void told.push(error)))).toEqual([])
    expect(told).toEqual([new RangeError('down'), new RangeError('down')])
    expect(await unhandled(() => program())).toEqual(told)
    const throwing = () =>
      program(() => {
        throw new TypeError('onError')
      })
    expect(await unhandled(throwing)).toEqual([new TypeError('onError'), new TypeError('onError')])
  })

  test('a failure goes to all who wait, and is not kept', () =>
    testRun(async () => {
      let calls = 0
      const cache = new Cache(async () => {
        await sleep(1)
        if (++calls === 1) throw new RangeError('first')
        return calls
      })
      const both = await gatherSettled([() => cache.get('key'), () => cache.get('key')])
      expect(both.map((end) => end.status)).toEqual(['rejected', 'rejected'])
      expect(await cache.get('key')).toBe(2)
    }))

  test('keeps at most max values: those unused for longest leave first', () =>
    testRun(async () => {
      const { load, calls } = counting(0)
      const cache = new Cache(load, { max: 2 })
      for (const key of [1, 2, 1, 3]) await cache.get(key)
      expect([cache.size, cache.peek(1) !== undefined, cache.peek(2)]).toEqual([2, true, undefined])
      await cache.get(2)
      expect(calls).toEqual([1, 2, 3, 2])
    }))

  test('what is over leaves though nobody asks for it again', () =>
    testRun(async () => {
      const cache = new Cache((key: number) => key, { ttl: 10 })
      for (let i = 0; i < 1000; i++) {
        await cache.get(i)
        await sleep(1)
      }
      expect(cache.size).toBeLessThan(20)
    }))

  test('100 000 keys of which 1000 are kept cost the same each', () =>
    testRun(async () => {
      const cache = new Cache((key: number) => key, { max: 1000 })
      for (let i = 0; i < 100_000; i++) cache.set(i, i)
      expect([cache.size, cache.peek(99_999), cache.peek(98_999)]).toEqual([
        1000,
        99_999,
        undefined,
      ])
    }))

  test('set and delete win over a load that began before', () =>
    testRun(async () => {
      const { load, calls } = counting(10)
      const cache = new Cache(load)
      const early = spawn(() => cache.get(1))
      await sleep(5)
      cache.set(1, 'by hand')
      expect(await early).toBe('1 at 10')
      expect(await cache.get(1)).toBe('by hand')

      const other = spawn(() => cache.get(2))
      await sleep(5)
      expect([cache.delete(2), cache.delete(2)]).toEqual([true, false])
      expect(await cache.get(2)).toBe('2 at 25')
      expect(await other).toBe('2 at 20')
      expect([await cache.get(2), calls]).toEqual(['2 at 25', [1, 2, 2]])
      cache.clear()
      expect(cache.size).toBe(0)
    }))

  test('one who is cancelled does not disturb the others; when all are, the load is', () =>
    testRun(async () => {
      let ended = ''
      const cache = new Cache(async () => {
        try {
          await sleep(10)
          return (ended = 'loaded')
        } finally {
          ended ||= 'cancelled'
        }
      })
      const [first, second] = await gatherSettled([
        () => timeout(5, () => cache.get('key')),
        () => cache.get('key'),
      ])
      expect((first as PromiseRejectedResult).reason).toBeInstanceOf(TimeoutError)
      expect(second).toEqual({ status: 'fulfilled', value: 'loaded' })
      cache.delete('key')
      ended = ''
      await timeout(5, () => cache.get('key')).catch(() => {})
      await sleep(0)
      expect([ended, cache.size]).toEqual(['cancelled', 0])
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => cache.get('key'))
      expect([scope.cancelledCaught, cache.size]).toEqual([true, 0])
    }))

  test('a load that asks for its own key is refused', () =>
    testRun(async () => {
      const cache: Cache<string, string> = new Cache(async (key) => cache.get(key))
      await expect(cache.get('a')).rejects.toThrow(
        new MisuseError(
          'Cache.get: the load of "a" (string) waits for its own result; pass it what it needs',
        ),
      )
    }))

  test('loads run where the cache was made, and end with that', () =>
    testRun(async () => {
      const storage = new AsyncLocalStorage<string>()
      const made = storage.run('the maker', () => new Cache(async () => storage.getStore()))
      expect(await storage.run('who asks', () => made.get('key'))).toBe('the maker')

      let ended: unknown
      const inside = spawn(() =>
        taskGroup(async (group) => {
          const cache = new Cache(() => sleep(1000))
          const waiter = group.spawn(() => shield(() => cache.get('key')).catch((e) => (ended = e)))
          await sleep(1)
          return waiter
        }),
      )
      await sleep(2)
      inside.cancel()
      await inside.settled()
      expect(ended === undefined || ended instanceof TaskCancelledError).toBe(true)
    }))

  test('in every order, and with each task cancelled, nobody gets what was deleted before he asked', async () => {
    const { schedules } = await explore(
      async () => {
        let version = 0
        let loads = 0
        always('one load at a time for what is wanted', () => loads <= 2)
        const cache = new Cache(async () => {
          loads += 1
          try {
            const seen = version
            await checkpoint()
            await sleep(1)
            return seen
          } finally {
            loads -= 1
          }
        })
        const ask = async (): Promise<void> => {
          const before = version
          const got = await cache.get('key').catch(() => Infinity)
          expect(got).toBeGreaterThanOrEqual(before)
        }
        const change = async (): Promise<void> => {
          await sleep(1)
          version += 1
          cache.delete('key')
          await ask()
        }
        await gatherSettled([ask, change, ask])
        expect(loads).toBe(0)
      },
      { strategies: ['cancel', 'delay', 'delays', 'random'], budget: 600 },
    )
    expect(schedules).toBeGreaterThan(20)
  })

  test('says what is wrong with its options', () => {
    const load = () => 1
    expect(() => new Cache(5 as never)).toThrow('Cache: load must be a function, got 5 (number)')
    for (const options of [
      { max: 0 },
      { ttl: -1 },
      { stale: Number.NaN },
      { onError: 5 as never },
    ]) {
      expect(() => new Cache(load, options)).toThrow(MisuseError)
    }
    expectTypeOf(new Cache((key: number) => `${key}`).get).returns.toEqualTypeOf<Promise<string>>()
  })
})
