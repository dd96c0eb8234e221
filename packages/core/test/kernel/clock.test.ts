import { describe, expect, it } from 'vitest'
import { Clock } from '../../src/kernel/clock.ts'
import type { ClockEntry } from '../../src/kernel/clock.ts'

/** A clock whose time is set by hand, with what it last asked its source for. */
function handClock(): {
  clock: Clock
  time: { at: number; armed: number | undefined; arms: number }
} {
  const time = { at: 0, armed: undefined as number | undefined, arms: 0 }
  const clock = new Clock({
    now: () => time.at,
    arm: (at) => {
      time.armed = at
      time.arms += 1
    },
  })
  return { clock, time }
}

function timer(at: number, ring: () => void): ClockEntry {
  return { at, expire: ring, slot: -1, order: 0 }
}

describe('Clock', () => {
  it('rings what is due in the order of time, first come first served among equals', () => {
    const { clock, time } = handClock()
    const rung: string[] = []
    for (const [name, at] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
      ['later', 30],
    ] as const) {
      clock.add(timer(at, () => rung.push(name)))
    }
    time.at = 25
    clock.fire()
    expect(rung).toEqual(['a', 'b', 'c', 'd'])
    expect([clock.size, clock.next, time.armed]).toEqual([1, 30, 30])
  })

  it('asks its source only when the earliest timer changes', () => {
    const { clock, time } = handClock()
    const timers = Array.from({ length: 100 }, (_, i) => timer(10 + i, () => {}))
    for (const each of timers) clock.add(each)
    expect([time.arms, time.armed]).toEqual([1, 10])
    for (const each of timers.slice(1)) clock.remove(each)
    expect(time.arms).toBe(1)
    clock.remove(timers[0] as ClockEntry)
    expect([time.arms, time.armed]).toEqual([2, undefined])
  })

  it('takes what is added while it rings, due or not', () => {
    const { clock, time } = handClock()
    const rung: string[] = []
    clock.add(
      timer(10, () => {
        rung.push('first')
        clock.add(timer(5, () => rung.push('due')))
        clock.add(timer(50, () => rung.push('later')))
      }),
    )
    time.at = 10
    clock.fire()
    expect(rung).toEqual(['first', 'due'])
    expect(time.armed).toBe(50)
  })

  it('never rings at Infinity', () => {
    const { clock } = handClock()
    clock.add(timer(Infinity, () => {}))
    expect([clock.size, clock.next]).toEqual([0, undefined])
  })
})
