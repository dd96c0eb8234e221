import { expect, test } from 'vitest'
import { backoffAfter } from '../../src/crawl/backoff.ts'

const options = { retryDelay: 100, maxRetryDelay: 1000 }

test('backoffAfter doubles from attempt to attempt, up to a limit', () => {
  const delays = [1, 2, 3, 4, 5, 50].map((attempt) => backoffAfter(attempt, options, 0, 0.5))
  expect(delays).toEqual([100, 200, 400, 800, 1000, 1000])
})

test('backoffAfter spreads those who failed together, and keeps their average', () => {
  expect(backoffAfter(1, options, 0, 0)).toBe(50)
  expect(backoffAfter(1, options, 0, 1)).toBe(150)
  expect(backoffAfter(1, options, undefined, 0.5)).toBe(100)
})

test('backoffAfter waits as long as the server asks, up to the limit', () => {
  expect(backoffAfter(1, options, 700, 0.5)).toBe(700)
  expect(backoffAfter(3, options, 70, 0.5)).toBe(400)
  expect(backoffAfter(1, options, 86_400_000, 0.5)).toBe(1000)
})
