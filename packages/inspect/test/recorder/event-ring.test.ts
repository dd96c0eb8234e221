import { describe, expect, test } from 'vitest'
import { EventKind, EventRing, MOST } from '../../src/recorder/event-ring.ts'

describe('EventRing', () => {
  test('forgets the oldest event when it is full, and counts all', () => {
    const ring = new EventRing(4)
    for (let task = 1; task <= 6; task++) ring.add(EventKind.taskStarted, task * 10, task, 0)
    expect([...ring].map(({ task, time }) => [task, time])).toEqual([
      [3, 30],
      [4, 40],
      [5, 50],
      [6, 60],
    ])
    expect(ring.count).toBe(6)
  })

  test('gives back what was put in, at the limits too', () => {
    const ring = new EventRing(2)
    ring.add(EventKind.cancelled, 1_764_500_000_000.25, 2 ** 32 - 1, MOST)
    expect([...ring]).toEqual([
      { kind: EventKind.cancelled, time: 1_764_500_000_000.25, task: 2 ** 32 - 1, about: MOST },
    ])
  })

  test('takes 16 bytes an event, whatever was added', () => {
    const ring = new EventRing(65_536)
    for (let i = 0; i < 200_000; i++) ring.add(EventKind.waiting, i, i, i)
    expect(ring.bytes).toBe(65_536 * 16)
    expect([...ring]).toHaveLength(65_536)
  })
})
