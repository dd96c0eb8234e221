import { expect, test } from 'vitest'
import { formatRate } from '../../src/format/format-rate.ts'

test.each([
  [0, '0.0/s'],
  [0.44, '0.4/s'],
  [9.96, '10/s'],
  [1234.5, '1,235/s'],
])('formatRate of %d is %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text)
})
