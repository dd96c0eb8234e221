import { expect, test } from 'vitest'
import { formatBytes } from '../../src/format/format-bytes.ts'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 kB'],
  [1536, '1.5 kB'],
  [10 * 1024, '10 kB'],
  [1024 ** 2 - 1, '1.0 MB'],
  [2.5 * 1024 ** 3, '2.5 GB'],
  [5000 * 1024 ** 4, '5000 TB'],
])('formatBytes of %d is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
