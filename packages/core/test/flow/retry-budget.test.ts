import { RetryBudget } from 'corral'
import { describe, expect, test } from 'vitest'

describe('RetryBudget', () => {
  test('retries take from it, successes give a share back, never more than the most', () => {
    const budget = new RetryBudget({ max: 2, ratio: 0.5 })
    expect([budget.tryTake(), budget.tryTake(), budget.tryTake()]).toEqual([true, true, false])
    budget.succeeded()
    expect(budget.tryTake()).toBe(false)
    budget.succeeded()
    expect(budget.tryTake()).toBe(true)
    for (let i = 0; i < 100; i++) budget.succeeded()
    expect(budget.left).toBe(2)
  })

  test('arguments are checked', () => {
    expect(() => new RetryBudget({ max: -1 })).toThrow(
      'RetryBudget: max must be a number of at least 0, got -1 (number)',
    )
    expect(() => new RetryBudget({ max: 1, ratio: '1' as never })).toThrow('RetryBudget: ratio')
  })
})
