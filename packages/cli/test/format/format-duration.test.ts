import { expect, test } from 'vitest'
import { formatDuration } from '../../src/format/format-duration.ts'

test.each([
  [0, '0.0 s'],
  [449, '0.4 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [59_499, '59 s'],
  [59_999, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [3_599_900, '1 h 00 min'],
  [7_620_000, '2 h 07 min'],
])('formatDuration of %d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
