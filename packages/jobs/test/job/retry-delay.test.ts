import { exponential } from 'corral'
import { describe, expect, it } from 'vitest'
import { retryDelay } from '../../src/job/job.ts'

describe('retryDelay', () => {
  it('grows from a second to an hour, and is not the same for all', () => {
    for (const [attempt, most] of [
      [1, 1000],
      [3, 4000],
      [30, 3_600_000],
      [1000, 3_600_000],
    ] as const) {
      const delays = Array.from({ length: 50 }, () => retryDelay(undefined, attempt))
      expect(Math.max(...delays)).toBeLessThanOrEqual(most)
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(most / 2)
      expect(new Set(delays).size).toBeGreaterThan(1)
    }
  })

  it('is the last one of a list that has no more, and as the job says', () => {
    expect([1, 2, 3, 9].map((attempt) => retryDelay([10, 20], attempt))).toEqual([10, 20, 20, 20])
    expect(retryDelay(exponential({ base: 5, jitter: false }), 3)).toBe(20)
  })
})
