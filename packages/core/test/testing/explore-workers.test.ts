import { describe, expect, test } from 'vitest'
import { MisuseError } from '../../src/index.ts'
import { explore, ExploreFailure, TestFailure } from '../../src/testing.ts'
import type { ExploreOptions } from '../../src/testing.ts'
import { careless, deposits, elsewhere, needle, walkers } from './parallel/programs.ts'

const module = new URL('parallel/programs.ts', import.meta.url)
const workers = 3

async function failureOf(main: () => unknown, options: ExploreOptions): Promise<ExploreFailure> {
  const error: unknown = await explore(main, options).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ExploreFailure)
  return error as ExploreFailure
}

describe('explore with workers', () => {
  test('every order is tried by exactly one of them', async () => {
    for (const count of [2, 3]) {
      const options = { strategies: ['exhaustive'], budget: 5000, workers: count, module } as const
      const { strategies } = await explore(walkers, options)
      expect(strategies).toEqual([{ name: 'exhaustive', schedules: 1680, complete: true }])
    }
  })

  test('the delays, too, are divided among them', async () => {
    const options = { strategies: ['delay', 'time', 'cancel'], budget: 5000 } as const
    const alone = await explore(walkers, options)
    expect(await explore(walkers, { ...options, workers, module })).toEqual(alone)
  })

  test('the budget holds for all of them together', async () => {
    const options = { strategies: ['random'], budget: 100, workers, module } as const
    const { schedules, strategies } = await explore(walkers, options)
    expect(schedules).toBe(100)
    expect(strategies).toMatchObject([{ name: 'random', complete: false }])
  })

  test('what one of them finds is shrunk, told and replayed here', async () => {
    const failure = await failureOf(deposits, { workers, module })
    expect(failure.replay).toMatch(/^[dt]\d+@\d+$/)
    expect(failure.message).toContain('Error: the balance is 1')
    expect(failure.html()).toContain('<svg')
    await failureOf(deposits, { replay: failure.replay })
  })

  test('the same is found each time, whoever is faster', async () => {
    const strategies = ['exhaustive'] as const
    const tokens = new Set<string>()
    for (let i = 0; i < 3; i++) {
      tokens.add((await failureOf(needle, { strategies, budget: 3000, workers, module })).replay)
    }
    expect(tokens.size).toBe(1)
  })

  test('faults are found as well', async () => {
    const failure = await failureOf(careless, { strategies: ['cancel'], workers, module })
    expect(failure.replay).toMatch(/^[cw]@\d+$/)
  })

  test('a failure that is none in this thread is nondeterminism', async () => {
    const options = { strategies: ['random'], workers, module } as const
    const error: unknown = await explore(elsewhere, options).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TestFailure)
    expect(error).toMatchObject({ code: 'NONDETERMINISM' })
  })

  test('what they cannot load is refused', async () => {
    await expect(explore(walkers, { workers })).rejects.toThrow(
      'explore: workers: they must load main',
    )
    await expect(explore(() => {}, { workers, module })).rejects.toThrow(MisuseError)
    await expect(explore(walkers, { workers: 0, module })).rejects.toThrow(
      'explore: workers must be a whole number of at least 1, got 0 (number)',
    )
    const missing = new URL('parallel/missing.ts', import.meta.url)
    await expect(explore(walkers, { workers, module: missing })).rejects.toThrow(
      'explore: module must be one that node can load by itself',
    )
    const other = new URL('parallel/exploring.ts', import.meta.url)
    await expect(explore(walkers, { workers, module: other })).rejects.toThrow(
      'a worker that loads main must not explore; put main into a module that only exports it',
    )
    async function stranger(): Promise<void> {}
    await expect(explore(stranger, { workers, module })).rejects.toThrow(
      'explore: module must export main, the function stranger, got undefined',
    )
  })
})
