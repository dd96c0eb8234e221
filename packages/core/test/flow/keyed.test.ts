import { AsyncLocalStorage } from 'node:async_hooks'
import { CancelScope, checkpoint, currentTask, Keyed, sleep, spawn, TaskLocal } from 'corral'
import { Semaphore } from '../../src/sync/semaphore.ts'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns } from './harness.ts'

describe('Keyed', () => {
  test('Keyed.lease keeps the value until it is disposed, once', () =>
    testRun(async () => {
      let made = 0
      const keyed = new Keyed(() => ++made)
      {
        using lease = keyed.lease('a')
        using other = keyed.lease('a')
        expect([lease.value, other.value, keyed.size]).toEqual([1, 1, 1])
        lease[Symbol.dispose]()
        lease[Symbol.dispose]()
        expect(await keyed.use('a', (value) => value)).toBe(1)
      }
      expect(keyed.size).toBe(0)
      expect(keyed.lease('a').value).toBe(2)
      expect(keyed.has('a')).toBe(true)
    }))

  test('Keyed makes one value for a key, shared by those who use it at the same time', () =>
    testRun(async () => {
      let made = 0
      const keyed = new Keyed((key: string) => ({ key, number: ++made }))
      const seen: string[] = []
      const use = (key: string) => () =>
        keyed.use(key, async (value) => {
          await sleep(10)
          seen.push(`${value.key}${value.number}`)
        })
      await Promise.all([spawn(use('a')), spawn(use('b')), spawn(use('a'))])
      expect(seen).toEqual(['a1', 'b2', 'a1'])
      expect(made).toBe(2)
    }))

  test('a key leaves when nobody uses it any more, and is made anew', () =>
    testRun(async () => {
      let made = 0
      const keyed = new Keyed(() => ++made)
      expect(await keyed.use('a', (value) => value)).toBe(1)
      expect(keyed.size).toBe(0)
      expect(await keyed.use('a', (value) => [value, keyed.size, keyed.has('a')])).toEqual([
        2,
        1,
        true,
      ])
      expect([...keyed.keys()]).toEqual([])
    }))

  test('a key leaves also when fn throws, or is cancelled', () =>
    testRun(async () => {
      const keyed = new Keyed(() => ({}))
      await expect(keyed.use('a', () => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
      await expect(
        keyed.use('a', () => {
          throw new Error('at once')
        }),
      ).rejects.toThrow('at once')
      const scope = new CancelScope()
      await scope.run(async () => {
        spawn(() => scope.cancel())
        await keyed.use('b', () => sleep(Infinity))
      })
      expect([scope.cancelledCaught, keyed.size]).toEqual([true, 0])
    }))

  test('make that throws leaves nothing behind', () =>
    testRun(async () => {
      let fail = true
      const keyed = new Keyed((key: number) => {
        if (fail) throw new Error('make')
        return key
      })
      await expect(keyed.use(1, (value) => value)).rejects.toThrow('make')
      expect(keyed.size).toBe(0)
      fail = false
      expect(await keyed.use(1, (value) => value)).toBe(1)
    }))

  test('keys are told apart as a Map does, falsy ones and objects too', () =>
    testRun(async () => {
      const keyed = new Keyed((key: unknown) => [key])
      const keys = [0, '', null, undefined, false, Number.NaN, {}, {}]
      const values = await Promise.all(
        keys.map((key) =>
          keyed.use(key, async (value) => {
            await checkpoint()
            return value
          }),
        ),
      )
      expect(values.map(([key]) => key)).toEqual(keys)
      expect(new Set(values).size).toBe(keys.length)
    }))

  test('a value that says it is not idle is kept, until it is and somebody comes by', () =>
    testRun(async () => {
      const keyed = new Keyed(() => ({ idle: false }))
      const first = await keyed.use('a', (value) => value)
      expect(await keyed.use('a', (value) => value)).toBe(first)
      expect(keyed.size).toBe(1)
      first.idle = true
      await keyed.use('b', () => {})
      expect([...keyed.keys()]).toEqual(['b'])
    }))

  test('keep decides instead', () =>
    testRun(async () => {
      const keyed = new Keyed((key: number) => ({ key, idle: false }), {
        keep: (value) => value.key < 2,
      })
      for (const key of [1, 2, 3]) await keyed.use(key, () => {})
      expect([...keyed.keys()]).toEqual([1])
    }))

  test('those kept do not pile up: 100 000 keys, kept only for a while', () =>
    testRun(async () => {
      let time = 0
      let most = 0
      const keyed = new Keyed(() => ({ until: time + 10 }), { keep: ({ until }) => time < until })
      for (; time < 100_000; time++) {
        await keyed.use(time, () => {})
        most = Math.max(most, keyed.size)
      }
      expect(most).toBeLessThan(30)
    }))

  test('make runs in the context where the Keyed was made, not in that of who asks first', () =>
    testRun(async () => {
      const user = new AsyncLocalStorage<string>()
      const local = new TaskLocal('none')
      const seen: unknown[] = []
      const keyed = await user.run('owner', () =>
        local.run('owner', async () => {
          return new Keyed(() => void seen.push(user.getStore(), local.get(), currentTask()?.name))
        }),
      )
      const ask = () =>
        user.run('asker', () =>
          local.run('asker', () =>
            keyed.use('a', () => void seen.push(user.getStore(), local.get(), currentTask()?.name)),
          ),
        )
      await spawn(ask, { name: 'asker' })
      expect(seen).toEqual(['owner', 'owner', 'main', 'asker', 'asker', 'asker'])
    }))

  test('per host semaphores hold their limit for each host', async () => {
    const host = fc.constantFrom('a', 'b', 'c')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(host, fc.nat(5), fc.nat(5), fc.boolean()), { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (jobs, limit) =>
          testRun(async () => {
            const running = new Map<string, number>()
            const keyed = new Keyed(() => new Semaphore(limit))
            const tasks = jobs.map(([key, start, length, cancel]) =>
              spawn(async () => {
                const scope = new CancelScope()
                if (cancel) {
                  spawn(async () => {
                    await turns(start + 2)
                    scope.cancel()
                  })
                }
                await turns(start)
                await scope.run(() =>
                  keyed.use(key, (semaphore) =>
                    semaphore.use(async () => {
                      const now = (running.get(key) ?? 0) + 1
                      expect(now).toBeLessThanOrEqual(limit)
                      running.set(key, now)
                      try {
                        await turns(length)
                      } finally {
                        running.set(key, (running.get(key) ?? 0) - 1)
                      }
                    }),
                  ),
                )
              }),
            )
            for (const task of tasks) await task
            expect(keyed.size).toBe(0)
          }),
      ),
      { numRuns: 100 },
    )
  })

  test('arguments are checked', async () => {
    expect(() => new Keyed(5 as never)).toThrow('Keyed: make must be a function, got 5 (number)')
    expect(() => new Keyed(() => 1, { keep: 1 as never })).toThrow('Keyed: keep must be')
    await expect(new Keyed(() => 1).use('a', 1 as never)).rejects.toThrow(
      'Keyed.use: fn must be a function, got 1 (number)',
    )
  })

  test('types: key, value and result', () => {
    const keyed = new Keyed((host: string) => new URL(host))
    expectTypeOf(keyed).toEqualTypeOf<Keyed<string, URL>>()
    const use = () => keyed.use('a', async (url) => url.port)
    expectTypeOf(use).returns.resolves.toEqualTypeOf<string>()
  })
})
