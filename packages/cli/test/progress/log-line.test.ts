import { expect, test } from 'vitest'
import { logLine } from '../../src/progress/log-line.ts'
import { progressOf } from '../crawl-progress.ts'

test('logLine has every figure, always in the same order', () => {
  expect(logLine(progressOf())).toBe(
    '12 s: 1,234 pages, 312/s, 5,012 queued, 64 in flight, 3 failed',
  )
})
