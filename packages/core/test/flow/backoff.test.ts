import { exponential, fixed, MisuseError } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'

function first(n: number, delays: Iterable<number>): number[] {
  return [...Iterator.from(delays).take(n)]
}

describe('exponential', () => {
  test('exponential grows by the factor up to max, and stays there', () => {
    const delays = exponential({ base: 100, max: 1000, jitter: 0 })
    expect(first(6, delays)).toEqual([100, 200, 400, 800, 1000, 1000])
    expect(first(2, delays)).toEqual([100, 200]) // each iteration starts again
    expect(first(3, exponential({ base: 1, factor: 10, jitter: false }))).toEqual([1, 10, 100])
    expect(first(2, exponential({ base: 500, max: 100, jitter: 0 }))).toEqual([100, 100])
    expect(first(2, exponential({ base: 0, jitter: 0 }))).toEqual([0, 0])
  })

  test('it never leaves the range of numbers, however long it runs', () => {
    expect(first(5000, exponential({ base: 1, jitter: 0 })).at(-1)).toBe(30_000)
    expect(first(5000, exponential({ base: 1, max: Infinity, jitter: 0 })).at(-1)).toBe(Infinity)
  })

  test('jitter takes a share of each delay by chance', () => {
    const half = first(200, exponential({ base: 100, factor: 1 }))
    expect(Math.min(...half)).toBeGreaterThan(50)
    expect(Math.min(...half)).toBeLessThan(60)
    expect(Math.max(...half)).toBeLessThanOrEqual(100)
    expect(Math.max(...half)).toBeGreaterThan(90)
    const full = first(200, exponential({ base: 100, factor: 1, jitter: true }))
    expect(Math.min(...full)).toBeLessThan(10)
  })

  test('the chance is that of the runtime: a test run with the same seed repeats it', async () => {
    const draw = (seed: number): Promise<number[]> =>
      testRun(async () => first(5, exponential({ base: 100 })), { seed })
    expect(await draw(7)).toEqual(await draw(7))
    expect(await draw(7)).not.toEqual(await draw(8))
  })

  test('options are checked', () => {
    const bad = (options: object) => () => exponential(options as { base: number })
    expect(bad({ base: -1 })).toThrow('exponential: base must be a number of milliseconds')
    expect(bad({})).toThrow(MisuseError)
    expect(bad({ base: 1, max: Number.NaN })).toThrow('exponential: max must be')
    expect(bad({ base: 1, factor: 0.5 })).toThrow('of at least 1, got 0.5 (number)')
    expect(bad({ base: 1, jitter: 1.5 })).toThrow('got 1.5 (number)')
    expect(bad({ base: 1, jitter: 'full' })).toThrow('got "full" (string)')
  })
})

describe('fixed', () => {
  test('fixed gives the same delay without end', () => {
    expect(first(3, fixed(250))).toEqual([250, 250, 250])
    expect(() => fixed(-1)).toThrow('fixed: ms must be a number of milliseconds')
  })
})
