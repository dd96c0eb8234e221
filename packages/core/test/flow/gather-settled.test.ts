import {
  CancelScope,
  checkpoint,
  currentTask,
  gatherSettled,
  isCancelled,
  MisuseError,
  sleep,
  spawn,
  TaskCancelledError,
} from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

describe('gatherSettled', () => {
  test('gatherSettled tells in order how each went, and a failure leaves the others alone', async () => {
    const boom = new Error('boom')
    const seen = await unhandled(() =>
      testRun(async () => {
        const results = await gatherSettled([
          async () => {
            await turns(5)
            return 1
          },
          () => Promise.reject(boom),
          () => {
            throw boom
          },
          () => undefined,
        ])
        expect(results).toEqual([
          { status: 'fulfilled', value: 1 },
          { status: 'rejected', reason: boom },
          { status: 'rejected', reason: boom },
          { status: 'fulfilled', value: undefined },
        ])
      }),
    )
    expect(seen).toEqual([])
  })

  test('gatherSettled of a record keeps its keys', () =>
    testRun(async () => {
      const results = await gatherSettled({ a: () => 1, b: () => Promise.reject(new Error('b')) })
      expect(results.a).toEqual({ status: 'fulfilled', value: 1 })
      expect(results.b.status).toBe('rejected')
    }))

  test('a thunk cancelled by hand is rejected, the others go on', () =>
    testRun(async () => {
      const [first, second] = await gatherSettled([
        async () => {
          currentTask()?.cancel('by hand')
          await checkpoint()
        },
        async () => {
          await turns(5)
          return 2
        },
      ])
      expect(first).toMatchObject({ status: 'rejected', reason: { reason: 'by hand' } })
      expect((first as PromiseRejectedResult).reason).toBeInstanceOf(TaskCancelledError)
      expect(second).toEqual({ status: 'fulfilled', value: 2 })
    }))

  test('a failure of what a thunk left running is the failure of that thunk alone', () =>
    testRun(async () => {
      const boom = new Error('left behind')
      const results = await gatherSettled([
        async () => {
          spawn(() => Promise.reject(boom))
        },
        () => 'fine',
      ])
      expect(results).toEqual([
        { status: 'rejected', reason: boom },
        { status: 'fulfilled', value: 'fine' },
      ])
    }))

  test('cancelled from outside it throws, and the cancellation is in no slot', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let caught: unknown
      let ended = 0
      await scope.run(async () => {
        spawn(async () => scope.cancel())
        try {
          await gatherSettled([
            () => sleep(Infinity).finally(() => (ended += 1)),
            () => Promise.reject(new Error('one that failed before')),
          ])
        } catch (error) {
          caught = error
        }
      })
      expect(isCancelled(caught)).toBe(true)
      expect(ended).toBe(1)
    }))

  test('a cancellation after all have ended does not take the results away', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const results = await scope.run(() =>
        gatherSettled([
          async () => {
            await checkpoint()
            scope.cancel()
            return 'kept'
          },
          () => Promise.reject(new Error('kept too')),
        ]),
      )
      expect(results?.map((result) => result.status)).toEqual(['fulfilled', 'rejected'])
    }))

  test('concurrency goes on with the next one after a failure', () =>
    testRun(async () => {
      let running = 0
      let most = 0
      const thunks = Array.from({ length: 9 }, (_, i) => async () => {
        running += 1
        most = Math.max(most, running)
        await turns(6)
        running -= 1
        if (i % 2 === 0) throw new Error(String(i))
        return i
      })
      const results = await gatherSettled(thunks, { concurrency: 2 })
      expect(results.filter((result) => result.status === 'rejected')).toHaveLength(5)
      expect(results).toHaveLength(9)
      expect(most).toBe(2)
    }))

  test('arguments are checked', async () => {
    await expect(gatherSettled('ab' as never)).rejects.toBeInstanceOf(MisuseError)
    await expect(gatherSettled([], { concurrency: 1.5 })).rejects.toThrow(
      'gatherSettled: concurrency must be a whole number of at least 1, or Infinity, got 1.5 (number)',
    )
  })

  test('types: each slot is a PromiseSettledResult', () => {
    const tuple = () => gatherSettled([async () => 1, () => 'a'])
    expectTypeOf(tuple).returns.resolves.toEqualTypeOf<
      [PromiseSettledResult<number>, PromiseSettledResult<string>]
    >()
    const record = () => gatherSettled({ a: async () => new Date() })
    expectTypeOf(record).returns.resolves.toEqualTypeOf<{ a: PromiseSettledResult<Date> }>()
    interface Work {
      a(): Promise<Date>
    }
    const byInterface = (work: Work) => gatherSettled(work)
    expectTypeOf(byInterface).returns.resolves.toEqualTypeOf<{ a: PromiseSettledResult<Date> }>()
  })
})
