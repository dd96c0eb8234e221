import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  Broadcast,
  Cancelled,
  CancelScope,
  ClosedError,
  LaggedError,
  MisuseError,
  spawn,
} from '../../src/index.ts'
import type { Receiver } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

/** Takes what is there: items, and how many were missed where some were. */
function takeAll<T>(receiver: Receiver<T>): (T | undefined | string)[] {
  const taken: (T | undefined | string)[] = []
  while (receiver.size > 0) {
    try {
      taken.push(receiver.tryReceive())
    } catch (error) {
      taken.push(`missed ${(error as LaggedError).missed}`)
    }
  }
  return taken
}

describe('Broadcast', () => {
  it('sends every item to every receiver, from its subscription on', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 4 })
      news.send(0)
      const early = news.subscribe()
      news.send(1)
      const late = news.subscribe()
      news.send(2)
      expect([early.size, late.size, news.receivers]).toEqual([2, 1, 2])
      expect([await early.receive(), early.tryReceive(), early.tryReceive()]).toEqual([
        1,
        2,
        undefined,
      ])
      expect(await late.receive()).toBe(2)
      expectTypeOf(late).toEqualTypeOf<Receiver<number>>()
    }))

  it('wakes all who wait, each on its own receiver', () =>
    testRun(async () => {
      const news = new Broadcast<string>({ capacity: 1 })
      const receivers = [news.subscribe(), news.subscribe(), news.subscribe()]
      const tasks = receivers.map((receiver) => spawn(() => receiver.receive()))
      await waitAllBlocked()
      news.send('all')
      for (const task of tasks) expect(await task).toBe('all')
      expect(receivers.map((receiver) => [receiver.size, receiver.waiting])).toEqual([
        [0, 0],
        [0, 0],
        [0, 0],
      ])
    }))

  it('tells a slow receiver how many it missed, and goes on with the oldest kept', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 2 })
      const slow = news.subscribe()
      for (let i = 0; i < 5; i++) news.send(i)
      await expect(slow.receive()).rejects.toMatchObject({ code: 'LAGGED', missed: 3 })
      expect([await slow.receive(), await slow.receive(), slow.size]).toEqual([3, 4, 0])
      for (let i = 5; i < 8; i++) news.send(i)
      expect(() => slow.tryReceive()).toThrow(LaggedError)
      expect(takeAll(slow)).toEqual([6, 7])
    }))

  it('throws the lag in a loop, which can be entered again', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 1 })
      const slow = news.subscribe()
      for (const item of [1, 2, 3]) news.send(item)
      news.close()
      const seen: unknown[] = []
      for (let entered = 0; entered < 2; entered++) {
        try {
          for await (const item of slow) seen.push(item)
          seen.push('end')
        } catch (error) {
          seen.push((error as LaggedError).missed)
        }
      }
      expect(seen).toEqual([2, 3, 'end'])
    }))

  it('counts the lag of each receiver by itself', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 2 })
      const [slow, quick] = [news.subscribe(), news.subscribe()]
      for (let i = 0; i < 4; i++) {
        news.send(i)
        expect(await quick.receive()).toBe(i)
      }
      expect(takeAll(slow)).toEqual(['missed 2', 2, 3])
    }))

  it('ends receivers after they have drained what is kept for them', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 2 })
      const [behind, waiting] = [news.subscribe(), news.subscribe()]
      news.send(1)
      waiting.tryReceive()
      const blocked = spawn(() => waiting.receive().catch((error: MisuseError) => error.code))
      const other = news.subscribe()
      const loop = spawn(async () => {
        for await (const _ of other) expect.unreachable()
        return 'ended'
      })
      await waitAllBlocked()
      news.close()
      news.close()
      expect([await blocked, await loop, news.closed, behind.senders]).toEqual([
        'CLOSED',
        'ended',
        true,
        0,
      ])
      expect(await behind.receive()).toBe(1)
      await expect(behind.receive()).rejects.toThrow(ClosedError)
      expect(() => news.send(2)).toThrow('Broadcast.send: it is closed')
      await expect(news.subscribe().receive()).rejects.toThrow(ClosedError)
    }))

  it('forgets a receiver that was closed, and drops what was kept for it alone', () =>
    testRun(async () => {
      const news = new Broadcast<object>({ capacity: Infinity })
      const [gone, stays] = [news.subscribe(), news.subscribe()]
      let kept: WeakRef<object> | undefined
      ;(() => {
        const item = {}
        kept = new WeakRef(item)
        news.send(item)
      })()
      expect(stays.size).toBe(1)
      stays.tryReceive()
      const blocked = spawn(() => stays.receive().catch((error: MisuseError) => error.code))
      await waitAllBlocked()
      gone.close()
      stays.close()
      expect([await blocked, news.receivers]).toEqual(['CLOSED', 0])
      expect(() => stays.tryReceive()).toThrow(ClosedError)
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      globalThis.gc?.()
      expect(kept?.deref()).toBeUndefined()
    }))

  it('clones a receiver with all that it has yet to receive', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 3 })
      const first = news.subscribe()
      for (const item of [1, 2, 3]) news.send(item)
      first.tryReceive()
      const second = first.clone()
      expect([takeAll(first), takeAll(second)]).toEqual([
        [2, 3],
        [2, 3],
      ])
    }))

  it.each([0, '', null, undefined, false])('sends the falsy item %s', (item) =>
    testRun(async () => {
      const news = new Broadcast<unknown>({ capacity: 1 })
      const receiver = news.subscribe()
      const waiting = spawn(() => receiver.receive())
      await waitAllBlocked()
      news.send(item)
      expect(await waiting).toBe(item)
      news.send(item)
      expect([receiver.size, await receiver.receive()]).toEqual([1, item])
    }),
  )

  it('loses nothing to a receiver cancelled in line, or granted and then cancelled', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 2 })
      const receiver = news.subscribe()
      const gone = spawn(() => receiver.receive())
      await waitAllBlocked()
      gone.cancel()
      news.send(1)
      expect([receiver.waiting, receiver.size, receiver.tryReceive()]).toEqual([0, 1, 1])
      const granted = spawn(() => receiver.receive())
      await waitAllBlocked()
      news.send(2)
      granted.cancel()
      expect([await granted, receiver.size]).toEqual([2, 0])
      expect((await gone.settled()).status).toBe('rejected')
      const scope = new CancelScope()
      news.send(3)
      await scope.run(async () => {
        scope.cancel()
        await expect(receiver.receive()).rejects.toThrow(Cancelled)
      })
      expect(receiver.size).toBe(1)
    }))

  it('serves two who wait on one receiver one after the other', () =>
    testRun(async () => {
      const news = new Broadcast<number>({ capacity: 2 })
      const receiver = news.subscribe()
      const tasks = [spawn(() => receiver.receive()), spawn(() => receiver.receive())]
      await waitAllBlocked()
      news.send(1)
      expect(receiver.waiting).toBe(1)
      news.send(2)
      expect([await tasks[0], await tasks[1]]).toEqual([1, 2])
    }))

  it('refuses a capacity that keeps nothing', () => {
    expect(() => new Broadcast({ capacity: 0 })).toThrow(MisuseError)
    expect(new Broadcast({ capacity: 3 }).capacity).toBe(3)
  })

  it('gives every receiver the same items in order, or says how many it missed, among any steps', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('send' as const) }),
      fc.record({ do: fc.constantFrom('take', 'clone', 'close'), on: fc.nat(5) }),
      fc.record({ do: fc.constant('subscribe' as const) }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 60 }),
        (cap, steps) => {
          const news = new Broadcast<number>({ capacity: cap })
          const sent: number[] = []
          const all: { receiver: Receiver<number>; next: number }[] = []
          for (const step of steps) {
            if (step.do === 'send') {
              news.send(sent.length)
              sent.push(sent.length)
            } else if (step.do === 'subscribe') {
              all.push({ receiver: news.subscribe(), next: sent.length })
            } else {
              const one = all[(step as { on: number }).on]
              if (one === undefined) continue
              if (step.do === 'clone') all.push({ receiver: one.receiver.clone(), next: one.next })
              else if (step.do === 'close') {
                one.receiver.close()
                all.splice(all.indexOf(one), 1)
              } else {
                const oldest = Math.max(one.next, sent.length - cap)
                expect(one.receiver.size).toBe(sent.length - oldest)
                try {
                  const item = one.receiver.tryReceive()
                  expect(item).toBe(sent[one.next])
                  if (item !== undefined) one.next += 1
                  expect(oldest).toBeLessThanOrEqual(one.next)
                } catch (error) {
                  expect((error as LaggedError).missed).toBe(oldest - one.next)
                  one.next = oldest
                }
              }
            }
          }
          expect(news.receivers).toBe(all.length)
        },
      ),
      { numRuns: 300 },
    )
  })
})
