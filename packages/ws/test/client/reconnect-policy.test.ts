import { fixed } from 'corral'
import { describe, expect, it } from 'vitest'
import { DEFAULT_BACKOFF, ReconnectPolicy } from '../../src/client/reconnect-policy.ts'

describe('ReconnectPolicy', () => {
  it('takes what the server means as final for final', () => {
    const policy = new ReconnectPolicy(fixed(1), 5000)
    const kinds = (codes: number[]): string[] => codes.map((code) => policy.ended(code, 0).kind)
    expect(kinds([1000, 1002, 1008, 1009, 4000, 4007, 4009, 4999])).toEqual(Array(8).fill('final'))
    expect(kinds([1001, 1005, 1006, 1011, 1012, 1013, 4008])).toEqual(Array(7).fill('retry'))
  })

  it.each([
    ['lost', 1006],
    ['too slow', 4008],
  ])(
    'waits longer each time it is %s, and begins anew only after a connection that has lasted',
    (_what, code) => {
      const policy = new ReconnectPolicy([1, 2, 3, 4, 5], 5000)
      const delay = (now: number): number => {
        const verdict = policy.ended(code, now)
        return verdict.kind === 'retry' ? verdict.delay : Number.NaN
      }
      expect([delay(0), delay(1)]).toEqual([1, 2])
      policy.opened(10)
      expect(delay(5009)).toBe(3)
      policy.opened(6000)
      expect(delay(11_000)).toBe(1)
      expect(delay(99_000)).toBe(2) // it was not open meanwhile
    },
  )

  it('ends where the delays end', () => {
    const policy = new ReconnectPolicy([1], 5000)
    expect([policy.ended(1006, 0).kind, policy.ended(1006, 0).kind]).toEqual(['retry', 'final'])
  })

  it('spreads by chance over the whole delay if nothing else is said', () => {
    const first = Array.from({ length: 1000 }, () => [...take(DEFAULT_BACKOFF, 1)][0] as number)
    for (const decile of Array.from({ length: 10 }, (_, i) => i * 50)) {
      const inside = first.filter((delay) => delay >= decile && delay < decile + 50)
      expect(inside.length).toBeGreaterThan(40)
    }
    expect(Math.max(...take(DEFAULT_BACKOFF, 100))).toBeLessThanOrEqual(30_000)
  })
})

function take(delays: Iterable<number>, count: number): number[] {
  const iterator = delays[Symbol.iterator]()
  return Array.from({ length: count }, () => iterator.next().value as number)
}
