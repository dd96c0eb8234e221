import { gather, RetryBudget, shield, sleep, spawn, TimeoutError, timeout } from 'corral'
import { explore, testRun } from 'corral/testing'
import { describe, expect, it } from 'vitest'
import { hedge } from '../../src/index.ts'

/** Attempts that take so long each, and what became of them. */
function attempts(...lengths: readonly number[]): { fn: () => Promise<number>; seen: string[] } {
  const seen: string[] = []
  let count = 0
  const fn = async (): Promise<number> => {
    const index = count++
    seen.push(`${index} begins`)
    try {
      await sleep(lengths[index] ?? 0)
      seen.push(`${index} ends`)
      return index
    } catch (error) {
      await shield(() => sleep(5))
      seen.push(`${index} is cancelled`)
      throw error
    }
  }
  return { fn, seen }
}

describe('hedge', () => {
  it.each([
    [[10, 10], 0, ['0 begins', '0 ends']],
    [[500, 10], 1, ['0 begins', '1 begins', '1 ends', '0 is cancelled']],
    [[60, 500], 0, ['0 begins', '1 begins', '0 ends', '1 is cancelled']],
  ])('of attempts that take %j ms gives %d, and awaits the other', async (lengths, won, seen) => {
    await testRun(async () => {
      const work = attempts(...lengths)
      expect(await hedge(work.fn, { delay: 50 })).toBe(won)
      expect(work.seen).toEqual(seen)
    })
  })

  it('makes no second attempt of a first that has failed', async () => {
    await testRun(async () => {
      let calls = 0
      const fail = async (): Promise<void> => {
        calls += 1
        await sleep(10)
        throw new Error('no')
      }
      await expect(hedge(fail, { delay: 50 })).rejects.toThrow('no')
      expect(calls).toBe(1)
    })
  })

  it('takes the other when one fails beside it, and throws the first failure when both do', async () => {
    await testRun(async () => {
      for (const failing of [0, 1]) {
        let calls = 0
        const fn = async (): Promise<number> => {
          const index = calls++
          await sleep(index === failing ? 60 : 200)
          if (index === failing) throw new Error(`${index}`)
          return index
        }
        expect(await hedge(fn, { delay: 50 })).toBe(1 - failing)
      }
      let calls = 0
      const fail = async (): Promise<never> => {
        const index = calls++
        await sleep(100)
        throw new Error(`failure ${index}`)
      }
      await expect(hedge(fail, { delay: 50 })).rejects.toThrow('failure 0')
    })
  })

  it('spends the budget of retries, and makes no second attempt without', async () => {
    await testRun(async () => {
      const budget = new RetryBudget({ max: 2, ratio: 0.1 })
      let calls = 0
      const slow = async (): Promise<void> => {
        calls += 1
        await sleep(1000)
      }
      for (let i = 0; i < 100; i += 1) await hedge(slow, { delay: 50, budget })
      expect(calls).toBeLessThanOrEqual(100 * 1.1 + 2)
      expect(calls).toBeGreaterThan(105)
    })
  })

  it('is cancelled with both attempts, and awaits them', async () => {
    await testRun(async () => {
      const work = attempts(1000, 1000)
      await expect(timeout(100, () => hedge(work.fn, { delay: 50 }))).rejects.toThrow(TimeoutError)
      expect(work.seen.toSorted()).toEqual([
        '0 begins',
        '0 is cancelled',
        '1 begins',
        '1 is cancelled',
      ])
    })
  })

  it('disposes what the loser has opened, in every order of things', async () => {
    let open = 0
    const connect = async (): Promise<AsyncDisposable> => {
      await sleep(10)
      open += 1
      return {
        [Symbol.asyncDispose]: async () => {
          open -= 1
        },
      }
    }
    await explore(
      async () => {
        open = 0
        const work = spawn(() => hedge(connect, { delay: 5 }))
        await gather([() => sleep(10), () => sleep(15)])
        await using _ = await work
        if (open !== 1) throw new Error(`${open} are open`)
      },
      { budget: 300 },
    )
    expect(open).toBe(0)
  })
})
