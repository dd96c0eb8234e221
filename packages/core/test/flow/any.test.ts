import { any, CancelScope, now, shield, sleep, timeout, TimeoutError } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

const after =
  <T>(ms: number, value: T) =>
  () =>
    sleep(ms).then(() => value)
const failAfter = (ms: number, message: string) => () =>
  sleep(ms).then(() => Promise.reject(new Error(message)))

describe('any', () => {
  test('any gives the first success; failures before it do not matter, the rest are cancelled and awaited', () =>
    testRun(async () => {
      let ended = 0
      const slow = async (): Promise<string> => {
        try {
          await sleep(Infinity)
          return 'never'
        } finally {
          await shield(() => sleep(5))
          ended += 1
        }
      }
      expect(await any([failAfter(1, 'a'), slow, failAfter(2, 'b'), after(10, 'won')])).toBe('won')
      expect([ended, now()]).toEqual([1, 15])
    }))

  test('all failed: the first failure as it is, the others in suppressed in the order of their ends', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        const failing = any([failAfter(3, 'c'), failAfter(1, 'a'), failAfter(2, 'b')])
        await expect(failing).rejects.toMatchObject({
          message: 'a',
          suppressed: [{ message: 'b' }, { message: 'c' }],
        })
      }),
    )
    expect(seen).toEqual([])
  })

  test('all failed, and the first failure cannot take the others: they are dropped, not reported', async () => {
    const frozen = Object.freeze(new Error('down'))
    for (const first of ['down', undefined, frozen]) {
      const seen = await unhandled(() =>
        testRun(async () => {
          const failing = any([() => Promise.reject(first), () => Promise.reject('too')])
          expect(await failing.catch((error: unknown) => [error])).toEqual([first])
        }),
      )
      expect(seen).toEqual([])
    }
  })

  test('a loser that fails while it is being cancelled does not matter', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        const loser = async (): Promise<never> => {
          try {
            return await sleep(Infinity).then(() => Promise.reject(new Error('never')))
          } catch {
            throw new Error('in cleanup')
          }
        }
        expect(await any([loser, after(1, 'won')])).toBe('won')
      }),
    )
    expect(seen).toEqual([])
  })

  test('a loser that swallows its cancellation and returns does not win', () =>
    testRun(async () => {
      const loser = async (): Promise<string> => {
        try {
          await sleep(Infinity)
        } catch {}
        return 'loser'
      }
      expect(await any([loser, after(1, 'won'), loser])).toBe('won')
    }))

  test('cancelled from outside it throws, whatever has failed before', () =>
    testRun(async () => {
      const failing = timeout(10, () => any([failAfter(1, 'a'), () => sleep(Infinity)]))
      await expect(failing).rejects.toBeInstanceOf(TimeoutError)
    }))

  test('once one has won, a cancellation does not take its value away', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const loser = async () => {
        try {
          await sleep(Infinity)
        } finally {
          scope.cancel()
          await shield(() => turns(3))
        }
      }
      expect(await scope.run(() => any([loser, after(1, 'won')]))).toBe('won')
    }))

  test('any of nobody is refused', async () => {
    await expect(any([])).rejects.toThrow('any: thunks must be an array of at least one function')
  })

  test('types: the result is that of any of them', () => {
    expectTypeOf(() => any([async () => 1, () => 'a'])).returns.resolves.toEqualTypeOf<
      number | string
    >()
  })
})
