import { expect, test } from 'vitest'
import { ProgressMeter } from '../../src/crawl/crawl-progress.ts'
import type { StoreCounts } from '../../src/store/outcome.ts'

const counts = (pages: number): StoreCounts => ({
  pages,
  queued: 7,
  failed: 3,
  skipped: 2,
  bytes: 100 * pages,
  failures: { http: 3 },
})

test('ProgressMeter tells this run from the runs before it', () => {
  const meter = new ProgressMeter(counts(50), 1000)
  meter.retries = 4
  expect(meter.read(counts(70), 6, 3000)).toEqual({
    pages: 70,
    newPages: 20,
    bytes: 7000,
    queued: 7,
    inFlight: 6,
    failed: 3,
    skipped: 2,
    retries: 4,
    failures: { http: 3 },
    rate: 10,
    elapsed: 2000,
  })
})

test('ProgressMeter takes the rate over the last seconds only', () => {
  const meter = new ProgressMeter(counts(0), 0)
  for (let second = 1; second <= 20; second++) meter.read(counts(second * 100), 1, second * 1000)
  expect(meter.read(counts(2000), 1, 20_000).rate).toBe(100)
  for (let second = 21; second <= 24; second++) meter.read(counts(2000), 1, second * 1000)
  expect(meter.read(counts(2000), 1, 24_000).rate).toBeCloseTo(20)
  expect(meter.read(counts(2000), 1, 26_000).rate).toBe(0)
})

test('ProgressMeter has no rate before any time has passed', () => {
  expect(new ProgressMeter(counts(5), 10).read(counts(5), 0, 10).rate).toBe(0)
})
