import { describe, expect, it } from 'vitest'
import type { WorkerView } from '../../src/index.ts'
import { Silence } from '../../src/worker/silence.ts'

describe('Silence', () => {
  let now = 0
  const view = (beats: number, patience = 2000): WorkerView => {
    return { id: 'a', host: 'here', pid: 1, lease: 2000, beats, patience, running: 0 }
  }
  /** Who is dead after rounds at these times, with these beats. */
  const judge = (rounds: readonly (readonly [at: number, beats: number])[]): boolean[] => {
    const silence = new Silence(() => now)
    return rounds.map(([at, beats]) => {
      now = at
      silence.begin()
      return silence.isDead(view(beats))
    })
  }

  it('takes a worker for dead that was silent for its patience', () => {
    expect(
      judge([
        [0, 1],
        [1000, 1],
        [1999, 1],
        [2000, 1],
      ]),
    ).toEqual([false, false, false, true])
  })

  it('begins anew with every beat', () => {
    expect(
      judge([
        [0, 1],
        [1000, 1],
        [1900, 2],
        [2900, 2],
        [3900, 2],
      ]),
    ).toEqual([false, false, false, false, true])
  })

  it('does not count a time in which it did not look itself: the store was away, or this process', () => {
    expect(
      judge([
        [0, 1],
        [3_600_000, 1],
        [3_600_500, 1],
      ]),
    ).toEqual([false, false, false])
  })

  it('tells when to look again, so that a death is known as soon as patience is over', () => {
    const silence = new Silence(() => now)
    const nexts = [
      [0, 1],
      [700, 1],
      [1400, 1],
      [1900, 2],
      [2400, 2],
    ].map(([at = 0, beats = 0]) => {
      now = at
      silence.begin()
      silence.isDead(view(beats, 1500.5))
      return silence.next
    })
    // No round counts for more than a second, so that a longer wait would be for nothing.
    expect(nexts).toEqual([Infinity, 801, 101, Infinity, 1000])
  })

  it('knows at once of one whose process is gone', () => {
    const silence = new Silence(() => 0)
    silence.begin()
    expect(silence.isDead(view(5, 0))).toBe(true)
  })
})
