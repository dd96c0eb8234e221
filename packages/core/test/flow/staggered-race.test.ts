import { CancelScope, now, shield, sleep, staggeredRace, timeout, TimeoutError } from 'corral'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

/** Attempts that say when they began, and how they ended. */
function attempts(plans: readonly (readonly [ms: number, ok: boolean])[]) {
  const log: string[] = []
  const thunks = plans.map(([ms, ok], i) => async () => {
    log.push(`${i} begins at ${now()}`)
    try {
      await sleep(ms)
    } catch (error) {
      log.push(`${i} cancelled at ${now()}`)
      throw error
    }
    if (!ok) throw new Error(`${i}`)
    return i
  })
  return { thunks, log }
}

describe('staggeredRace', () => {
  test('staggeredRace begins the next attempt after the delay, and the first success wins', () =>
    testRun(async () => {
      const { thunks, log } = attempts([
        [1000, true],
        [120, true],
        [1000, true],
        [1, true],
      ])
      expect(await staggeredRace(thunks, { delay: 100 })).toBe(1)
      expect(log).toEqual([
        '0 begins at 0',
        '1 begins at 100',
        '2 begins at 200',
        '0 cancelled at 220',
        '2 cancelled at 220',
      ])
    }))

  test('an attempt that fails lets the next one begin at once', () =>
    testRun(async () => {
      const { thunks, log } = attempts([
        [10, false],
        [20, false],
        [30, true],
      ])
      expect(await staggeredRace(thunks, { delay: 100 })).toBe(2)
      expect(log).toEqual(['0 begins at 0', '1 begins at 10', '2 begins at 30'])
      expect(now()).toBe(60)
    }))

  test('the failure of an older attempt does not hurry: the latest still has its time', () =>
    testRun(async () => {
      const { thunks, log } = attempts([
        [110, false],
        [1000, true],
        [5, true],
      ])
      expect(await staggeredRace(thunks, { delay: 100 })).toBe(2)
      expect(log.slice(0, 3)).toEqual(['0 begins at 0', '1 begins at 100', '2 begins at 200'])
    }))

  test('an attempt in time is the only one', () =>
    testRun(async () => {
      const { thunks, log } = attempts([
        [99, true],
        [1, true],
      ])
      expect(await staggeredRace(thunks, { delay: 100 })).toBe(0)
      expect(log).toEqual(['0 begins at 0'])
    }))

  test('a delay of 0 begins them all, Infinity one after the other', () =>
    testRun(async () => {
      const all = attempts([
        [30, true],
        [20, true],
        [10, true],
      ])
      expect(await staggeredRace(all.thunks, { delay: 0 })).toBe(2)
      expect(now()).toBe(10)
      const single = attempts([
        [50, false],
        [50, true],
        [1, true],
      ])
      expect(await staggeredRace(single.thunks, { delay: Infinity })).toBe(1)
      expect(single.log).toEqual(['0 begins at 10', '1 begins at 60'])
    }))

  test('all failed: the first failure as it is, the others in suppressed', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        const { thunks } = attempts([
          [250, false],
          [10, false],
          [10, false],
        ])
        await expect(staggeredRace(thunks, { delay: 100 })).rejects.toMatchObject({
          message: '1',
          suppressed: [{ message: '2' }, { message: '0' }],
        })
      }),
    )
    expect(seen).toEqual([])
  })

  test('cancelled from outside, attempts are awaited and none is begun any more', () =>
    testRun(async () => {
      const { thunks, log } = attempts([
        [1000, true],
        [1000, true],
        [1000, true],
      ])
      const failing = timeout(150, () => staggeredRace(thunks, { delay: 100 }))
      await expect(failing).rejects.toBeInstanceOf(TimeoutError)
      expect(log).toEqual([
        '0 begins at 0',
        '1 begins at 100',
        '0 cancelled at 150',
        '1 cancelled at 150',
      ])
    }))

  test('a success in the turn in which the next one was to begin keeps it from beginning', () =>
    testRun(async () => {
      const begun: number[] = []
      const thunks = [
        async () => {
          begun.push(0)
          await sleep(105)
          await sleep(5)
          return 'won'
        },
        async () => {
          begun.push(1)
          await sleep(10) // rings before the other one, and lets the third begin
          throw new Error('1')
        },
        async () => void begun.push(2),
      ]
      expect(await staggeredRace(thunks, { delay: 100 })).toBe('won')
      expect(now()).toBe(110)
      expect(begun).toEqual([0, 1])
    }))

  test('once one has won, a cancellation does not take its value away', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const loser = async (): Promise<number> => {
        try {
          return await sleep(Infinity).then(() => 0)
        } finally {
          scope.cancel()
          await shield(() => turns(3))
        }
      }
      expect(await scope.run(() => staggeredRace([loser, () => 1], { delay: 10 }))).toBe(1)
    }))

  test('the earliest possible success wins, whatever the attempts do', async () => {
    const plan = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.boolean())
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        async (plans, delay) => {
          // The model: when each attempt begins and ends.
          let begin = 0
          const ends = plans.map(([ms, ok]) => {
            const end = begin + ms
            begin = ok ? begin + delay : Math.min(begin + delay, end)
            return { end, ok }
          })
          const success = Math.min(...ends.filter(({ ok }) => ok).map(({ end }) => end))
          await testRun(async () => {
            const result = await staggeredRace(attempts(plans).thunks, { delay }).catch(
              () => 'failed',
            )
            if (success === Infinity) {
              expect(result).toBe('failed')
              expect(now()).toBe(Math.max(...ends.map(({ end }) => end)))
            } else {
              expect(ends[result as number]).toEqual({ end: success, ok: true })
              expect(now()).toBe(success)
            }
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  test('arguments are checked', async () => {
    await expect(staggeredRace([() => 1], {} as never)).rejects.toThrow(
      'staggeredRace: delay must be a number of milliseconds',
    )
    await expect(staggeredRace([], { delay: 1 })).rejects.toThrow('at least one function')
  })

  test('types: the result is that of any of them', () => {
    const call = () => staggeredRace([async () => 1, () => 'a'], { delay: 1 })
    expectTypeOf(call).returns.resolves.toEqualTypeOf<number | string>()
  })
})
