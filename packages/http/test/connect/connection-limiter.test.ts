import { CancelScope, ClosedError, sleep } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { ConnectionLimiter } from '../../src/connect/connection-limiter.ts'

describe('ConnectionLimiter', () => {
  test('hands out so many in all and so many to a host', () => {
    const slots = new ConnectionLimiter(3, 2)
    expect(slots.tryEnter('a')).toBeDefined()
    const second = slots.tryEnter('a')
    expect(slots.tryEnter('a')).toBeUndefined()
    expect(slots.tryEnter('b')).toBeDefined()
    expect(slots.tryEnter('c')).toBeUndefined()
    second?.[Symbol.dispose]()
    expect(slots.tryEnter('c')).toBeDefined()
  })

  test('loses no place when cancelled in either line', () =>
    testRun(async () => {
      const slots = new ConnectionLimiter(2, 1)
      const held = [await slots.enter('a'), await slots.enter('b')]
      for (const host of ['a', 'c']) {
        const scope = new CancelScope({ name: host })
        const waiting = scope.run(() => slots.enter(host))
        await sleep(1)
        scope.cancel()
        await waiting
        expect(scope.cancelledCaught).toBe(true)
      }
      for (const slot of held) slot[Symbol.dispose]()
      using a = slots.tryEnter('a')
      using c = slots.tryEnter('c')
      expect([a, c]).not.toContain(undefined)
    }))

  test('turns away those in either line when closed', () =>
    testRun(async () => {
      const slots = new ConnectionLimiter(2, 1)
      using _a = await slots.enter('a')
      using _b = await slots.enter('b')
      const waiting = ['a', 'c'].map((host) => slots.enter(host).catch((error: unknown) => error))
      await sleep(1)
      slots.close()
      for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(ClosedError)
    }))

  test('lets nobody overtake', () =>
    testRun(async () => {
      const slots = new ConnectionLimiter(1, 1)
      const held = await slots.enter('a')
      const waiting = slots.enter('b')
      await sleep(1)
      held[Symbol.dispose]()
      expect(slots.tryEnter('c')).toBeUndefined()
      ;(await waiting)[Symbol.dispose]()
      using last = slots.tryEnter('c')
      expect(last).toBeDefined()
    }))
})
