import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roomIn, taken } from '../../src/limit/rate-window.ts'
import type { RateWindow } from '../../src/limit/rate-window.ts'

describe('rateWindow', () => {
  it('lets no more begin in any interval than its limit, and nearly as many', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 50, maxLength: 200 })
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 20 }), (gaps, limit) => {
        const rate = { limit, interval: 1000 }
        const begun: number[] = []
        let window: RateWindow = []
        let now = 1_000_000
        for (const gap of gaps) {
          now += gap
          const { room, again } = roomIn(window, rate, now)
          if (room > 0) {
            window = taken(window, rate, room, now)
            for (let i = 0; i < room; i++) begun.push(now)
          } else {
            expect(again).toBeGreaterThan(0)
            expect(again).toBeLessThanOrEqual(1005)
            expect(roomIn(window, rate, now + again).room).toBeGreaterThan(0)
          }
        }
        for (const [i, at] of begun.entries()) {
          const inInterval = begun.slice(i).filter((other) => other < at + 1000).length
          expect(inInterval).toBeLessThanOrEqual(limit)
        }
      }),
    )
  })

  it('does not hold back for an hour when the clock was set back by one', () => {
    const rate = { limit: 1, interval: 1000 }
    const window = taken([], rate, 1, 3_600_000)
    expect(roomIn(window, rate, 0).room).toBe(1)
  })
})
