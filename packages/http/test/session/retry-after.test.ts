import { expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/session/retry-after.ts'

const now = Date.parse('Sun, 22 Nov 2026 10:00:00 GMT')

test.each([
  ['0', 0],
  [' 120 ', 120_000],
  ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
  ['Sunday, 22-Nov-26 10:00:30 GMT', 30_000],
  ['Sun Nov 22 10:00:30 2026', 30_000],
  ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['', undefined],
  [undefined, undefined],
])('parseRetryAfter reads %j as %j', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected)
})
