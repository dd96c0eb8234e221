import {
  asCompleted,
  CancelScope,
  isCancelled,
  now,
  shield,
  sleep,
  timeout,
  TimeoutError,
} from 'corral'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

const after =
  <T>(ms: number, value: T) =>
  () =>
    sleep(ms).then(() => value)
const failAfter = (ms: number, message: string) => () =>
  sleep(ms).then(() => Promise.reject(new Error(message)))

describe('asCompleted', () => {
  test('asCompleted gives results in the order in which they are ready', () =>
    testRun(async () => {
      const seen: unknown[] = []
      for await (const value of asCompleted([after(30, 'c'), after(10, 'a'), after(20, 'b')])) {
        seen.push(value, now())
      }
      expect(seen).toEqual(['a', 10, 'b', 20, 'c', 30])
    }))

  test('nothing gives nothing, and nothing begins before the loop', () =>
    testRun(async () => {
      let calls = 0
      const idle = asCompleted([() => ++calls])
      for await (const value of asCompleted([])) expect.unreachable(String(value))
      await sleep(10)
      expect(calls).toBe(0)
      await idle.return()
      expect(calls).toBe(0)
    }))

  test('falsy results pass through', () =>
    testRun(async () => {
      const values = [0, '', null, undefined, false]
      const seen = await Array.fromAsync(asCompleted(values.map((value) => () => value)))
      expect(seen).toEqual(values)
    }))

  test('left early, what still runs is cancelled and awaited', () =>
    testRun(async () => {
      const log: string[] = []
      const slow = async (): Promise<string> => {
        try {
          await sleep(Infinity)
          return 'never'
        } finally {
          await shield(() => sleep(5))
          log.push('cleaned')
        }
      }
      for await (const value of asCompleted([slow, after(1, 'first'), slow])) {
        log.push(value)
        break
      }
      expect(log).toEqual(['first', 'cleaned', 'cleaned'])
      expect(now()).toBe(6)
    }))

  test('an error in the loop cancels the rest too', () =>
    testRun(async () => {
      let ended = 0
      const loop = async () => {
        const thunks = [() => sleep(Infinity).finally(() => (ended += 1)), () => 1]
        for await (const value of asCompleted(thunks)) {
          throw new Error(`in the loop: ${String(value)}`)
        }
      }
      await expect(loop()).rejects.toThrow('in the loop: 1')
      expect(ended).toBe(1)
    }))

  test('what was ready before a failure is given first, then the failure is thrown', async () => {
    const seen: unknown[] = []
    const lost = await unhandled(() =>
      testRun(async () => {
        let ended = 0
        const late = async (): Promise<string> => {
          try {
            await sleep(Infinity)
          } catch {}
          ended += 1
          return 'after the failure'
        }
        const loop = async () => {
          const thunks = [after(1, 'a'), after(2, 'b'), failAfter(3, 'boom'), late]
          for await (const value of asCompleted(thunks)) {
            seen.push(value)
            await shield(() => sleep(10))
          }
        }
        await expect(loop()).rejects.toThrow('boom')
        expect(ended).toBe(1)
      }),
    )
    expect(seen).toEqual(['a', 'b'])
    expect(lost).toEqual([])
  })

  test('later failures are in suppressed', () =>
    testRun(async () => {
      const second = async (): Promise<number> => {
        try {
          await sleep(Infinity)
        } catch {
          throw new Error('second')
        }
        return 0
      }
      const loop = Array.fromAsync(asCompleted([failAfter(1, 'first'), second]))
      await expect(loop).rejects.toMatchObject({
        message: 'first',
        suppressed: [{ message: 'second' }],
      })
    }))

  test('left early, a failure in the cleanup of the rest is thrown', () =>
    testRun(async () => {
      const failing = async (): Promise<number> => {
        try {
          return await sleep(Infinity).then(() => 0)
        } catch {
          throw new Error('in cleanup')
        }
      }
      const loop = async () => {
        for await (const _ of asCompleted([failing, () => 1])) break
      }
      await expect(loop()).rejects.toThrow('in cleanup')
    }))

  test('a timeout around it: delivered ones first, then TimeoutError', () =>
    testRun(async () => {
      const seen: number[] = []
      const loop = timeout(15, async () => {
        const thunks = [after(10, 10), after(20, 20), after(5, 5)]
        for await (const value of asCompleted(thunks)) seen.push(value)
      })
      await expect(loop).rejects.toBeInstanceOf(TimeoutError)
      expect(seen).toEqual([5, 10])
      expect(now()).toBe(15)
    }))

  test('cancelled while the loop is busy, the next turn of it throws', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const seen: unknown[] = []
      let ended = 0
      await scope.run(async () => {
        try {
          const thunks = [() => 1, () => 2, () => sleep(Infinity).finally(() => (ended += 1))]
          for await (const value of asCompleted(thunks)) {
            seen.push(value)
            scope.cancel()
          }
        } catch (error) {
          seen.push(isCancelled(error))
          throw error
        }
      })
      expect(seen).toEqual([1, true])
      expect([ended, scope.cancelledCaught]).toEqual([1, true])
    }))

  test('asked under a shield after the rest was cancelled, it does not wait for ever', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(async () => {
        const values = asCompleted([() => 1, () => sleep(Infinity)])
        expect(await values.next()).toEqual({ done: false, value: 1 })
        scope.cancel()
        await expect(shield(() => values.next())).rejects.toSatisfy(isCancelled)
      })
    }))

  test('in a cancelled scope nothing is begun', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      await scope.run(async () => {
        scope.cancel()
        for await (const _ of asCompleted([() => ++calls])) expect.unreachable()
      })
      expect([scope.cancelledCaught, calls]).toEqual([true, 0])
    }))

  test('with concurrency the next one begins when one has ended, also while the loop is busy', () =>
    testRun(async () => {
      const begun: number[] = []
      const thunks = [1, 2, 3, 4].map((n) => async () => {
        begun.push(now())
        await sleep(10)
        return n
      })
      const seen: number[] = []
      for await (const value of asCompleted(thunks, { concurrency: 2 })) {
        seen.push(value)
        await sleep(100)
      }
      expect(begun).toEqual([0, 0, 10, 10])
      expect(seen).toEqual([1, 2, 3, 4])
    }))

  test('nothing is lost or doubled, whatever is taken, fails or is left', async () => {
    const plan = fc.tuple(fc.nat(20), fc.constantFrom(true, true, true, false))
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(12),
        fc.nat(10),
        fc.option(fc.nat(40), { nil: undefined }),
        (plans, concurrency, leaveAfter, pause, cancelAt) =>
          testRun(async () => {
            let running = 0
            const thunks = plans.map(([ms, ok], i) => async () => {
              running += 1
              expect(running).toBeLessThanOrEqual(concurrency)
              try {
                await sleep(ms)
                if (!ok) throw new Error(`${i}`)
                return i
              } finally {
                await shield(() => turns(2))
                running -= 1
              }
            })
            const seen: number[] = []
            const scope = new CancelScope({ deadline: cancelAt ?? Infinity })
            const ended = await scope
              .run(async () => {
                for await (const value of asCompleted(thunks, { concurrency })) {
                  seen.push(value)
                  if (seen.length > leaveAfter) return 'left'
                  await sleep(pause)
                }
                return 'all'
              })
              .catch((error: unknown) => (error as Error).message)
            expect(running).toBe(0)
            expect(new Set(seen).size).toBe(seen.length)
            for (const i of seen) expect(plans[i]?.[1]).toBe(true)
            if (ended === 'all') expect(seen).toHaveLength(plans.length)
            else if (ended === undefined) expect(scope.cancelledCaught).toBe(true)
            else if (ended !== 'left') expect(plans[Number(ended)]?.[1]).toBe(false)
          }),
      ),
      { numRuns: 200 },
    )
  })

  test('arguments are checked at the call', () => {
    expect(() => asCompleted(5 as never)).toThrow('asCompleted: thunks must be')
    expect(() => asCompleted([], { concurrency: 0 })).toThrow('asCompleted: concurrency must be')
  })

  test('types: the items are the results of any of them', () => {
    const call = () => asCompleted([async () => 1, () => 'a'])
    expectTypeOf(call).returns.toExtend<AsyncIterable<number | string>>()
  })
})
