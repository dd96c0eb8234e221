import { describe, expect, it } from 'vitest'
import { firingOf } from '../../src/cron/due.ts'
import { nextTime } from '../../src/cron/next-time.ts'
import type { ScheduleRecord } from '../../src/index.ts'
import { newJob } from '../conformance/store-conformance.ts'

/** The next times, as UTC. */
function times(expression: string, timezone: string, from: string, count: number): string[] {
  const found: string[] = []
  for (let at = Date.parse(from); found.length < count;) {
    at = nextTime(expression, timezone, at)
    found.push(new Date(at).toISOString().slice(0, 16))
  }
  return found
}

describe('nextTime', () => {
  it('comes when the clock goes on, where a time is left out in spring', () => {
    // 29 March 2026: 02:00 is 03:00, which is 01:00 UTC.
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ])
  })

  it('comes once, where a time is there twice in autumn', () => {
    // 25 October 2026: 03:00 is followed by 02:00.
    expect(times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })

  it('keeps to its zone, and takes seconds', () => {
    expect(times('0 9 * * 1', 'America/New_York', '2026-07-01T00:00Z', 1)).toEqual([
      '2026-07-06T13:00',
    ])
    expect(nextTime('*/10 * * * * *', 'UTC', 1)).toBe(10_000)
  })
})

describe('firingOf', () => {
  const schedule = (missed: ScheduleRecord['missed']): ScheduleRecord => ({
    name: 'hourly',
    expression: '0 * * * *',
    timezone: 'UTC',
    missed,
    job: newJob(),
    nextAt: 3_600_000,
  })
  const jobsAt = (missed: ScheduleRecord['missed'], now: number): (number | undefined)[] =>
    (firingOf(schedule(missed), now)?.jobs ?? []).map(({ scheduledFor }) => scheduledFor)

  it('does nothing before its time', () => {
    expect(firingOf(schedule('one'), 3_599_999)).toBeUndefined()
  })

  it('adds one job in time, whatever the policy', () => {
    for (const missed of ['one', 'all', 'none'] as const) {
      expect(jobsAt(missed, 3_600_005)).toEqual([3_600_000])
      expect(firingOf(schedule(missed), 3_600_005)?.nextAt).toBe(7_200_000)
    }
  })

  it('makes up for times that were missed as the policy says', () => {
    const now = 3 * 3_600_000 + 60_000
    expect(jobsAt('one', now)).toEqual([3_600_000])
    expect(jobsAt('none', now)).toEqual([])
    expect(jobsAt('all', now)).toEqual([1, 2, 3].map((hour) => hour * 3_600_000))
    for (const missed of ['one', 'all', 'none'] as const) {
      expect(firingOf(schedule(missed), now)?.nextAt).toBe(4 * 3_600_000)
    }
  })

  it('makes up for a thousand at a time', () => {
    const firing = firingOf(schedule('all'), 5000 * 3_600_000)
    expect(firing?.jobs).toHaveLength(1000)
    expect(firing?.nextAt).toBe(1001 * 3_600_000)
  })
})
