import { describe, expect, test } from 'vitest'
import { AdaptiveDelay } from '../../src/frontier/adaptive-delay.ts'

describe('AdaptiveDelay', () => {
  test('doubles when the host has too much to do, up to the most', () => {
    const delay = new AdaptiveDelay(1000, 8)
    const seen: number[] = []
    for (let at = 0; at < 5; at++) {
      delay.overloaded(at * 100, at * 100 + 10)
      seen.push(delay.delay)
    }
    expect(seen).toEqual([100, 200, 400, 800, 1000])
  })

  test('is raised once by answers to what was asked at the same time', () => {
    const delay = new AdaptiveDelay(1000, 8)
    for (let each = 0; each < 8; each++) delay.overloaded(0, 10 + each)
    expect(delay.delay).toBe(100)
  })

  test('is not raised further by one among successes', () => {
    const delay = new AdaptiveDelay(10_000, 8)
    for (let at = 0; at < 1000; at += 100) {
      delay.overloaded(at, at + 10)
      delay.succeeded(at + 20, at + 30)
    }
    expect(delay.delay).toBeLessThanOrEqual(100)
  })

  test('takes one that falters for nothing, three without a success for too much to do', () => {
    const delay = new AdaptiveDelay(10_000, 8)
    for (let at = 0; at < 10; at++) {
      delay.faltered(at, at)
      delay.faltered(at, at)
      delay.succeeded(at, at)
    }
    expect(delay.delay).toBe(0)
    for (let at = 20; at < 23; at++) delay.faltered(at, at)
    expect(delay.delay).toBe(100)
  })

  test('comes down with quick successes alone, never with those from before', () => {
    const delay = new AdaptiveDelay(10_000, 8)
    delay.overloaded(0, 100)
    delay.succeeded(50, 120)
    expect(delay.delay).toBe(100)
    delay.succeeded(200, 250)
    expect(delay.delay).toBe(80)
    for (let at = 300; at < 340; at++) delay.succeeded(at, at + 1)
    expect(delay.delay).toBe(0)
  })

  test('rises while answers are slow, and stays where they are', () => {
    const delay = new AdaptiveDelay(10_000, 4)
    for (let at = 0; at < 100_000; at += 3000) delay.succeeded(at, at + 2000)
    expect(delay.delay).toBeGreaterThan(990)
    expect(delay.delay).toBeLessThanOrEqual(1000)
  })
})
