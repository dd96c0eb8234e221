import { AsyncLocalStorage } from 'node:async_hooks'
import {
  Batcher,
  CancelScope,
  currentTask,
  gather,
  gatherSettled,
  MisuseError,
  now,
  shield,
  sleep,
  spawn,
  taskGroup,
} from 'corral'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

describe('Batcher', () => {
  test('Batcher.load gathers the loads of one turn into one call, each key once', () =>
    testRun(async () => {
      const calls: number[][] = []
      const batcher = new Batcher(async (keys: number[]) => {
        calls.push(keys)
        await sleep(5)
        return keys.map((key) => key * 10)
      })
      const load = (key: number) => async () => {
        await turns(key) // some microtasks apart
        return batcher.load(key)
      }
      expect(await gather([load(3), load(1), load(2), load(3)])).toEqual([30, 10, 20, 30])
      expect(calls).toEqual([[1, 2, 3]])
      expect(await batcher.load(7)).toBe(70)
      expect(calls).toHaveLength(2) // nothing is remembered
    }))

  test('maxDelay keeps a batch open, and those who come while it is loaded make the next one', () =>
    testRun(async () => {
      const calls: [number, number[]][] = []
      const batcher = new Batcher(
        async (keys: number[]) => {
          calls.push([now(), keys])
          await sleep(100)
          return keys
        },
        { maxDelay: 20 },
      )
      await gather([0, 10, 19, 21, 119].map((at) => () => sleep(at).then(() => batcher.load(at))))
      expect(calls).toEqual([
        [20, [0, 10, 19]],
        [41, [21]],
        [139, [119]],
      ])
    }))

  test('maxSize closes a batch at once, also before its task has begun', () =>
    testRun(async () => {
      const calls: [number, number[]][] = []
      const batcher = new Batcher(
        async (keys: number[]) => {
          calls.push([now(), keys])
          return keys
        },
        { maxSize: 3, maxDelay: 1000 },
      )
      const keys = [1, 2, 3, 4, 4, 5, 6, 7]
      expect(await gather(keys.map((key) => () => batcher.load(key)))).toEqual(keys)
      expect(calls).toEqual([
        [0, [1, 2, 3]],
        [0, [4, 5, 6]],
        [1000, [7]],
      ])
    }))

  test('falsy keys and values pass through', () =>
    testRun(async () => {
      const values = [0, '', null, undefined, false]
      const batcher = new Batcher(async (keys: unknown[]) => keys)
      expect(await gather(values.map((value) => () => batcher.load(value)))).toEqual(values)
    }))

  test('load that fails fails all of the batch, and nobody else', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        let fail = true
        const boom = new Error('boom')
        const batcher = new Batcher(async (keys: number[]) => {
          if (fail) throw boom
          return keys
        })
        const results = await gatherSettled([() => batcher.load(1), () => batcher.load(2)])
        const rejected = { status: 'rejected', reason: boom }
        expect(results).toEqual([rejected, rejected])
        fail = false
        expect(await batcher.load(1)).toBe(1)
      }),
    )
    expect(seen).toEqual([])
  })

  test('an Error in place of a value fails the loads of that key alone', () =>
    testRun(async () => {
      const missing = new Error('missing')
      const batcher = new Batcher<number, string>(async (keys) =>
        keys.map((key) => (key === 2 ? missing : `v${key}`)),
      )
      const results = await gatherSettled([1, 2, 2, 3].map((key) => () => batcher.load(key)))
      const rejected = { status: 'rejected', reason: missing }
      expect(results).toEqual([
        { status: 'fulfilled', value: 'v1' },
        rejected,
        rejected,
        { status: 'fulfilled', value: 'v3' },
      ])
    }))

  test('a wrong number of values is refused', () =>
    testRun(async () => {
      const batcher = new Batcher(async (keys: number[]) => keys.slice(1))
      await expect(gather([() => batcher.load(1), () => batcher.load(2)])).rejects.toThrow(
        'Batcher: load must return an array of 2 values, one for each key, got an array of 1 (array)',
      )
      const nothing = new Batcher((async () => {}) as never)
      await expect(nothing.load(1)).rejects.toBeInstanceOf(MisuseError)
    }))

  test('a key that nobody waits for any more is not loaded', () =>
    testRun(async () => {
      const calls: number[][] = []
      const batcher = new Batcher(
        async (keys: number[]) => {
          calls.push(keys)
          return keys
        },
        { maxDelay: 10 },
      )
      const scope = new CancelScope({ deadline: 5 })
      await gather([
        () => scope.run(() => gather([() => batcher.load(1), () => batcher.load(2)])),
        () => batcher.load(2),
        () => batcher.load(3),
      ])
      expect(calls).toEqual([[2, 3]])
    }))

  test('a batch that nobody waits for any more is cancelled, before it is loaded or in the middle', () =>
    testRun(async () => {
      const log: string[] = []
      const batcher = new Batcher(
        async (keys: number[]) => {
          log.push(`load ${keys.join()}`)
          try {
            await sleep(10)
          } catch (error) {
            log.push((error as Error).message)
            await shield(() => sleep(1))
            throw error
          }
          return keys
        },
        { maxDelay: 10 },
      )
      const leave = (deadline: number) => new CancelScope({ deadline }).run(() => batcher.load(1))
      await leave(5)
      await leave(20)
      expect(await batcher.load(3)).toBe(3)
      expect(log).toEqual(['load 1', 'cancelled: nobody waits for it any more', 'load 3'])
      expect(now()).toBe(40)
    }))

  test('in a cancelled scope nothing is loaded', () =>
    testRun(async () => {
      let calls = 0
      const batcher = new Batcher(async (keys: number[]) => {
        calls += 1
        return keys
      })
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        await batcher.load(1)
      })
      await sleep(10)
      expect([scope.cancelledCaught, calls]).toEqual([true, 0])
    }))

  test('load runs in the task and the context of the owner', () =>
    testRun(async () => {
      const user = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      const batcher = user.run(
        'owner',
        () =>
          new Batcher(async (keys: number[]) => {
            seen.push(user.getStore(), currentTask()?.name)
            return keys
          }),
      )
      await spawn(() => user.run('asker', () => batcher.load(1)))
      expect(seen).toEqual(['owner', 'Batcher'])
    }))

  test('an owner that is cancelled still loads what somebody waits for', () =>
    testRun(async () => {
      let batcher: Batcher<number, number> | undefined
      const owner = spawn(async () => {
        batcher = new Batcher(async (keys) => sleep(10).then(() => keys))
        await sleep(Infinity)
      })
      await sleep(1)
      const asker = spawn(() => batcher?.load(1))
      await sleep(5)
      owner.cancel()
      expect(await asker).toBe(1)
      await owner.settled()
    }))

  test('everybody gets the value of their key, in few calls, whoever is cancelled', async () => {
    const asker = fc.record({
      key: fc.nat(6),
      at: fc.nat(40),
      stay: fc.integer({ min: 1, max: 40 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(asker, { maxLength: 30 }),
        fc.record({ maxSize: fc.integer({ min: 1, max: 5 }), maxDelay: fc.nat(10) }),
        fc.nat(10),
        (askers, options, length) =>
          testRun(async () => {
            const batcher = new Batcher<number, string>(async (keys) => {
              expect(keys.length).toBeGreaterThan(0)
              expect(keys.length).toBeLessThanOrEqual(options.maxSize)
              expect(new Set(keys).size).toBe(keys.length)
              await sleep(length)
              return keys.map((key) => `v${key}`)
            }, options)
            await taskGroup(async (group) => {
              for (const { key, at, stay } of askers) {
                group.spawn(async () => {
                  await sleep(at)
                  const scope = new CancelScope({ deadline: at + stay })
                  const value = await scope.run(() => batcher.load(key))
                  expect(value).toBe(scope.cancelledCaught ? undefined : `v${key}`)
                  if (stay > length + options.maxDelay) expect(value).toBe(`v${key}`)
                })
              }
            })
          }),
      ),
      { numRuns: 200 },
    )
  })

  test('100 000 loads are one call', () =>
    testRun(async () => {
      let calls = 0
      const batcher = new Batcher(async (keys: number[]) => {
        calls += 1
        return keys
      })
      const keys = Array.from({ length: 100_000 }, (_, i) => i)
      expect(await Promise.all(keys.map((key) => batcher.load(key)))).toEqual(keys)
      expect(calls).toBe(1)
    }))

  test('arguments are checked', () => {
    const load = async (keys: number[]) => keys
    expect(() => new Batcher(1 as never)).toThrow(
      'Batcher: load must be a function, got 1 (number)',
    )
    expect(() => new Batcher(load, { maxSize: 0 })).toThrow('Batcher: maxSize must be')
    expect(() => new Batcher(load, { maxDelay: -1 })).toThrow('Batcher: maxDelay must be')
  })

  test('types: key and value are inferred from load', () => {
    const batcher = new Batcher(async (ids: number[]) => ids.map((id) => ({ id })))
    expectTypeOf(batcher).toEqualTypeOf<Batcher<number, { id: number }>>()
    expectTypeOf(batcher.load).returns.resolves.toEqualTypeOf<{ id: number }>()
  })
})
