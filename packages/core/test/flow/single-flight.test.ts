import { AsyncLocalStorage } from 'node:async_hooks'
import {
  CancelScope,
  checkpoint,
  currentTask,
  gather,
  gatherSettled,
  isCancelled,
  now,
  shield,
  SingleFlight,
  sleep,
  spawn,
  type Task,
  timeout,
  TimeoutError,
} from 'corral'
import { explore, testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

describe('SingleFlight', () => {
  test('SingleFlight.run shares one piece of work among those who ask at the same time', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, number>()
      let calls = 0
      const work = async () => {
        calls += 1
        await sleep(10)
        return calls
      }
      const tasks = Array.from({ length: 5 }, (_, i) =>
        spawn(async () => {
          await sleep(i)
          return flights.run('a', work)
        }),
      )
      for (const task of tasks) expect(await task).toBe(1)
      expect([flights.size, now()]).toEqual([0, 10])
      expect(await flights.run('a', work)).toBe(2)
    }))

  test('work that asks for its own key is refused, also by a task below it, and nobody hangs', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, string>()
      const misuse =
        'SingleFlight.run: the work for "a" (string) waits for its own result; pass it what it needs'
      const again = () => flights.run('a', () => 'again')
      await expect(flights.run('a', again)).rejects.toThrow(misuse)
      const below = () => flights.run('a', () => gather([() => again()]).then(([text]) => text))
      await expect(below()).rejects.toThrow(misuse)
      expect(await flights.run('a', () => flights.run('b', () => 'of another key'))).toBe(
        'of another key',
      )
      expect(flights.size).toBe(0)
    }))

  test('work forgotten meanwhile may ask for its key: that is new work', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, string>()
      const work = () => {
        flights.forget('a')
        return flights.run('a', () => 'new')
      }
      expect(await flights.run('a', work)).toBe('new')
    }))

  test('one that asks from a timer of a task beside it is no circle, in every order', async () => {
    const { schedules } = await explore(
      async () => {
        const flights = new SingleFlight<string, number>()
        const ask = () => flights.run('a', () => sleep(1).then(() => 1))
        expect(await gather([ask, ask, () => sleep(1).then(ask)])).toEqual([1, 1, 1])
      },
      { budget: 300 },
    )
    expect(schedules).toBeGreaterThan(1)
  })

  test('two pieces of work that would wait for each other are refused', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, string>()
      const a = () => flights.run('b', b)
      const b = () => flights.run('a', a)
      await expect(flights.run('a', a)).rejects.toThrow('waits for its own result')
    }))

  test('other keys have work of their own', () =>
    testRun(async () => {
      const flights = new SingleFlight<unknown, unknown>()
      const keys = [0, '', null, undefined, Number.NaN, {}]
      const tasks = keys.map((key) => spawn(() => flights.run(key, () => [key])))
      for (const [i, task] of tasks.entries()) expect(await task).toEqual([keys[i]])
    }))

  test('one who is cancelled does not disturb the others, also when it was the first', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, string>()
      const ask = () => flights.run('a', () => sleep(10).then(() => 'done'))
      const [first, second] = await gatherSettled([() => timeout(5, ask), ask])
      expect((first as PromiseRejectedResult).reason).toBeInstanceOf(TimeoutError)
      expect(second).toEqual({ status: 'fulfilled', value: 'done' })
      expect(now()).toBe(10)
    }))

  test('when nobody waits any more the work is cancelled, and the next one begins anew', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, string>()
      const log: string[] = []
      const work = (name: string) => async () => {
        try {
          await sleep(100)
          return name
        } catch (error) {
          log.push(`${name}: ${(error as Error).message}`)
          await shield(() => sleep(50))
          throw error
        }
      }
      await expect(timeout(10, () => flights.run('a', work('old')))).rejects.toThrow('timed out')
      expect(flights.has('a')).toBe(false)
      expect(await flights.run('a', work('new'))).toBe('new')
      expect(log).toEqual(['old: cancelled: nobody waits for it any more'])
      expect(now()).toBe(110)
    }))

  test('granted and then cancelled in the same turn the value is delivered', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, string>()
      const scope = new CancelScope()
      const ask = () => flights.run('a', () => sleep(5).then(() => 'kept'))
      const [, second] = await gatherSettled([
        () => ask().then(() => scope.cancel()),
        () => scope.run(ask),
      ])
      expect(second).toEqual({ status: 'fulfilled', value: 'kept' })
      expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, false])
    }))

  test('in a cancelled scope no work is begun', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, number>()
      const scope = new CancelScope()
      let calls = 0
      await scope.run(async () => {
        scope.cancel()
        await flights.run('a', () => ++calls)
      })
      expect([scope.cancelledCaught, calls, flights.size]).toEqual([true, 0, 0])
    }))

  test('a failure goes to all who wait, is not remembered, and does not fail the owner', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        const flights = new SingleFlight<string, number>()
        const boom = new Error('boom')
        const work = async (): Promise<number> => {
          await checkpoint()
          throw boom
        }
        const asks = [() => flights.run('a', work), () => flights.run('a', work)]
        const rejected = { status: 'rejected', reason: boom }
        expect(await gatherSettled(asks)).toEqual([rejected, rejected])
        expect(await flights.run('a', () => 1)).toBe(1)
      }),
    )
    expect(seen).toEqual([])
  })

  test('what the work leaves running belongs to it', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, number>()
      const failing = flights.run('a', async () => {
        spawn(async () => {
          await sleep(5)
          throw new Error('left behind')
        })
        return 1
      })
      await expect(failing).rejects.toThrow('left behind')
      expect(now()).toBe(5)
    }))

  test('the work runs in the task and the context of the owner', () =>
    testRun(async () => {
      const user = new AsyncLocalStorage<string>()
      const flights = user.run('owner', () => new SingleFlight<string, unknown>())
      const scope = new CancelScope()
      const seen: unknown[] = []
      const asker = spawn(() =>
        scope.run(() =>
          user.run('asker', () =>
            flights.run('a', async () => {
              seen.push(user.getStore(), currentTask()?.name)
              scope.cancel() // the asker's scope: the work is not in it
              await sleep(5).catch((error: unknown) => seen.push(isCancelled(error)))
            }),
          ),
        ),
      )
      const other = spawn(() => flights.run('a', () => expect.unreachable()))
      await asker
      await other
      expect(seen).toEqual(['owner', 'SingleFlight'])
    }))

  test('an owner that is cancelled waits for the work while anybody waits for it', () =>
    testRun(async () => {
      let flights: SingleFlight<string, string> | undefined
      const owner = spawn(async () => {
        flights = new SingleFlight()
        await sleep(10)
      })
      await sleep(1)
      const asker = spawn(() => flights?.run('a', () => sleep(20).then(() => 'done')))
      await sleep(1)
      owner.cancel()
      await owner.settled()
      expect([await asker, owner.status, now()]).toEqual(['done', 'cancelled', 21])
    }))

  test('an owner that has ended is replaced by the root', () =>
    testRun(async () => {
      const flights = await spawn(() => new SingleFlight<string, number>())
      expect(await flights.run('a', () => sleep(5).then(() => 7))).toBe(7)
    }))

  test('made outside of any task it works in a test run, and outside of one', async () => {
    const flights = new SingleFlight<string, number>()
    await testRun(async () => {
      expect(await flights.run('a', () => sleep(60_000).then(() => 1))).toBe(1)
      expect(now()).toBe(60_000)
    })
    expect(await flights.run('a', async () => 2)).toBe(2)
  })

  test('forget lets the next one begin anew while others still wait', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, number>()
      const old = spawn(() => flights.run('a', () => sleep(10).then(() => 1)))
      await sleep(1)
      flights.forget('a')
      const fresh = spawn(() => flights.run('a', () => sleep(20).then(() => 2)))
      expect([await old, flights.has('a'), await fresh]).toEqual([1, true, 2])
    }))

  test('never two at a time for a key, and all who stay get the value, whoever is cancelled', async () => {
    const asker = fc.record({ key: fc.constantFrom('a', 'b'), at: fc.nat(30), stay: fc.nat(30) })
    await fc.assert(
      fc.asyncProperty(fc.array(asker, { maxLength: 25 }), fc.nat(12), (askers, length) =>
        testRun(async () => {
          const flights = new SingleFlight<string, string>()
          const working: [string, Task<unknown> | undefined][] = []
          const work = (key: string) => async () => {
            working.push([key, currentTask()])
            // One that is being cancelled may still clean up.
            const running = working.filter(([k, task]) => k === key && task?.status === 'running')
            expect(running).toHaveLength(1)
            await sleep(length)
            return key
          }
          const tasks = askers.map(({ key, at, stay }) =>
            spawn(async () => {
              await sleep(at)
              const scope = new CancelScope({ deadline: at + stay })
              const value = await scope.run(() => flights.run(key, work(key)))
              expect(value).toBe(scope.cancelledCaught ? undefined : key)
              if (stay > length) expect(value).toBe(key)
            }),
          )
          for (const task of tasks) await task
          await turns(5)
          expect(flights.size).toBe(0)
        }),
      ),
      { numRuns: 200 },
    )
  })

  test('100 000 wait for one piece of work, and half of them leave', () =>
    testRun(async () => {
      const flights = new SingleFlight<string, number>()
      let calls = 0
      const ask = () => flights.run('a', () => sleep(10).then(() => ++calls))
      const many = () => Promise.all(Array.from({ length: 50_000 }, ask))
      const scope = new CancelScope({ deadline: 5 })
      const [left, stayed] = await gather([() => scope.run(many), many])
      expect(left).toBeUndefined()
      expect(new Set(stayed)).toEqual(new Set([1]))
      expect(now()).toBe(10)
    }))

  test('arguments are checked', async () => {
    await expect(new SingleFlight().run('a', 1 as never)).rejects.toThrow(
      'SingleFlight.run: fn must be a function, got 1 (number)',
    )
  })

  test('types: key and value', () => {
    const flights = new SingleFlight<string, Date>()
    expectTypeOf(flights.run).parameter(0).toEqualTypeOf<string>()
    expectTypeOf(flights.run).returns.resolves.toEqualTypeOf<Date>()
  })
})
