import { describe, expect, test } from 'vitest'
import { progressLine } from '../../src/progress/progress-line.ts'
import { progressOf } from '../crawl-progress.ts'

describe('progressLine', () => {
  test('shows bar, pages, rate, queue, in flight, failures and time', () => {
    expect(progressLine(progressOf(), { width: 120 })).toBe(
      '██░░░░░░░░░░ 19% · 1,234 pages · 312/s · 5,012 queued · 64 in flight · 3 failed · 12 s',
    )
    expect(progressLine(progressOf(), { width: 120, unicode: false })).toBe(
      '##.......... 19% | 1,234 pages | 312/s | 5,012 queued | 64 in flight | 3 failed | 12 s',
    )
  })

  test('leaves out what matters least when there is little room, and never fills the last column', () => {
    const shown = (width: number): string => progressLine(progressOf(), { width })
    expect(shown(80)).toBe(
      '██░░░░░░░░░░ 19% · 1,234 pages · 312/s · 5,012 queued · 3 failed · 12 s',
    )
    expect(shown(63)).toBe('19% · 1,234 pages · 312/s · 5,012 queued · 3 failed · 12 s')
    expect(shown(50)).toBe('1,234 pages · 312/s · 5,012 queued · 3 failed')
    expect(shown(40)).toBe('1,234 pages · 312/s · 5,012 queued')
    expect(shown(20)).toBe('1,234 pages · 312/s')
    expect(shown(19)).toBe('1,234 pages')
    expect(shown(5)).toBe('')
    for (let width = 0; width < 200; width++) {
      expect(shown(width).length).toBeLessThanOrEqual(Math.max(0, width - 1))
    }
  })

  test('the bar counts towards the pages asked for, when they are nearer', () => {
    const bar = (changes: object, maxPages?: number): string =>
      progressLine(progressOf(changes), { width: 120, maxPages }).slice(0, 17)
    expect(bar({ pages: 50, failed: 0, queued: 10_000 }, 100)).toBe('██████░░░░░░ 50% ')
    expect(bar({ pages: 50, failed: 0, queued: 50 }, 1_000_000)).toBe('██████░░░░░░ 50% ')
    expect(bar({ pages: 0, failed: 0, queued: 0 })).toBe('░░░░░░░░░░░░  0% ')
    expect(bar({ pages: 7, failed: 0, queued: 0 })).toBe('████████████100% ')
    expect(bar({ pages: 120, failed: 0, queued: 9 }, 100)).toBe('████████████100% ')
  })
})
