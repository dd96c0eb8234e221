import {
  CancelScope,
  checkpoint,
  currentTask,
  isCancelled,
  now,
  race,
  shield,
  sleep,
  spawn,
  TaskCancelledError,
  timeout,
  TimeoutError,
} from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

const after =
  <T>(ms: number, value: T) =>
  () =>
    sleep(ms).then(() => value)
const failAfter = (ms: number, message: string) => () =>
  sleep(ms).then(() => Promise.reject(new Error(message)))

describe('race', () => {
  test('race gives the value of the first to end, at that time', () =>
    testRun(async () => {
      expect(await race([after(30, 'slow'), after(10, 'fast'), after(20, 'middle')])).toBe('fast')
      expect(now()).toBe(10)
    }))

  test('the losers have ended, cleanup and all, before the result is there', () =>
    testRun(async () => {
      const log: string[] = []
      const loser = async (): Promise<string> => {
        try {
          await sleep(Infinity)
          return 'never'
        } finally {
          await shield(() => sleep(100))
          log.push('cleaned')
        }
      }
      expect(await race([loser, after(1, 'won'), loser])).toBe('won')
      expect(log).toEqual(['cleaned', 'cleaned'])
      expect(now()).toBe(101)
    }))

  test('the first to end decides also by its error, and the others are cancelled', () =>
    testRun(async () => {
      await expect(race([after(20, 'late'), failAfter(10, 'first')])).rejects.toThrow('first')
      expect(now()).toBe(10)
    }))

  test('of two that end in the same turn the first one wins', () =>
    testRun(async () => {
      expect(await race([after(10, 'a'), after(10, 'b')])).toBe('a')
      await expect(race([failAfter(10, 'a'), failAfter(10, 'b')])).rejects.toThrow('a')
      expect(await race([() => 'a', () => 'b'])).toBe('a')
    }))

  test('a loser that fails while it is being cancelled fails the race', async () => {
    const loser = (message: string) => async () => {
      try {
        await sleep(Infinity)
      } catch {
        throw new Error(message)
      }
    }
    const seen = await unhandled(async () => {
      await testRun(async () => {
        await expect(race([loser('one'), after(1, 'won'), loser('two')])).rejects.toMatchObject({
          message: 'one',
          suppressed: [{ message: 'two' }],
        })
        await expect(race([loser('one'), failAfter(1, 'first')])).rejects.toMatchObject({
          message: 'first',
          suppressed: [{ message: 'one' }],
        })
      })
    })
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
      expect(await race([loser, after(1, 'won')])).toBe('won')
    }))

  test('a value wins only when its task has ended, with what it left running', () =>
    testRun(async () => {
      const lingering = async (): Promise<string> => {
        spawn(() => sleep(50))
        return 'lingering'
      }
      expect(await race([lingering, after(20, 'prompt')])).toBe('prompt')
      expect(await race([lingering, after(100, 'slow')])).toBe('lingering')
      const failing = async (): Promise<string> => {
        spawn(failAfter(5, 'left behind'))
        return 'returned'
      }
      await expect(race([failing, after(100, 'slow')])).rejects.toThrow('left behind')
    }))

  test('falsy values win', () =>
    testRun(async () => {
      for (const value of [0, '', null, undefined, false]) {
        expect(await race([after(1, value), after(2, 'other')])).toBe(value)
      }
    }))

  test('cancelled from outside all are awaited, then it throws', () =>
    testRun(async () => {
      let ended = 0
      const runner = () => sleep(Infinity).finally(() => (ended += 1))
      await expect(timeout(10, () => race([runner, runner]))).rejects.toBeInstanceOf(TimeoutError)
      expect(ended).toBe(2)
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
      let later: unknown
      const value = await scope.run(async () => {
        const won = await race([loser, after(1, 'won')])
        later = await checkpoint().catch((error: unknown) => error)
        return won
      })
      expect(value).toBe('won')
      expect(isCancelled(later)).toBe(true)
    }))

  test('in a cancelled scope nothing is begun', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      await scope.run(async () => {
        scope.cancel()
        await race([() => ++calls])
      })
      expect([scope.cancelledCaught, calls]).toEqual([true, 0])
    }))

  test('one cancelled by hand has ended with TaskCancelledError', () =>
    testRun(async () => {
      const runner = async (): Promise<void> => {
        currentTask()?.cancel()
        await checkpoint()
      }
      await expect(race([runner, after(5, 1)])).rejects.toBeInstanceOf(TaskCancelledError)
    }))

  test('10 000 losers are cancelled and awaited', () =>
    testRun(async () => {
      let ended = 0
      const losers = Array.from(
        { length: 10_000 },
        () => () => sleep(Infinity).finally(() => (ended += 1)),
      )
      expect(await race([...losers, after(1, -1)])).toBe(-1)
      expect(ended).toBe(10_000)
    }))

  test('a race of nobody is refused', async () => {
    await expect(race([])).rejects.toThrow(
      'race: thunks must be an array of at least one function, got an array of 0 (array)',
    )
    await expect(race({ a: () => 1 } as never)).rejects.toThrow('got Object (object)')
    await expect(race([Promise.resolve(1) as never])).rejects.toThrow('race: thunks[0] must be')
  })

  test('types: the result is that of any of them', () => {
    const mixed = () => race([async () => 1, () => 'a'])
    expectTypeOf(mixed).returns.resolves.toEqualTypeOf<number | string>()
    const same = (thunks: (() => Promise<Date>)[]) => race(thunks)
    expectTypeOf(same).returns.resolves.toEqualTypeOf<Date>()
  })
})
