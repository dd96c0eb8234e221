import { describe, expect, it } from 'vitest'
import { checkpoint, Event } from '../../src/index.ts'
import { cachedNow } from '../../src/kernel/settle.ts'
import { rootScope } from '../../src/kernel/current.ts'

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

describe('rushTime', () => {
  it('is about the time while calls are ready in rapid succession, and 0 when the event loop has turned', async () => {
    await turn()
    expect(cachedNow).toBe(0)
    const { clock } = rootScope.runtime
    const before = clock.now()
    let seen = 0
    for (let i = 0; i < 5000; i++) {
      await checkpoint()
      if (cachedNow > 0) seen = cachedNow
    }
    expect(seen).toBeGreaterThanOrEqual(before)
    expect(seen).toBeLessThanOrEqual(clock.now())
    await turn()
    await turn()
    expect(cachedNow).toBe(0)
  })

  it('is since when a wait lasts that begins in a rush; any other asks the clock', async () => {
    await turn()
    const event = new Event()
    const { clock } = rootScope.runtime
    const start = clock.now()
    const waits: Promise<void>[] = []
    for (let i = 0; i < 3000; i++) {
      await checkpoint()
      if (i % 1000 === 0) waits.push(event.wait())
    }
    await turn()
    await turn()
    const last = clock.now()
    waits.push(event.wait())
    const since: number[] = []
    for (let waiter = rootScope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
      if (waiter.resource === event) since.push(waiter.since)
    }
    expect(since).toHaveLength(4)
    expect(since).toEqual([...since].sort((a, b) => a - b))
    expect(since[0]).toBeGreaterThanOrEqual(start)
    expect(since[3]).toBeGreaterThanOrEqual(last)
    event.set()
    await Promise.all(waits)
  })
})
