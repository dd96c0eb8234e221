import { describe, expect, expectTypeOf, it } from 'vitest'
import { Cancelled, CancelScope, ClosedError, spawn, Watch } from '../../src/index.ts'
import type { MisuseError, Receiver } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

function codeOf(wait: Promise<unknown>): Promise<unknown> {
  return wait.catch((error: MisuseError) => error.code)
}

describe('Watch', () => {
  it('has a value, and gives it to those who wait for a change', () =>
    testRun(async () => {
      const watch = new Watch<number | undefined>(1)
      expect(watch.value).toBe(1)
      const tasks = [spawn(() => watch.changed()), spawn(() => watch.changed())]
      await waitAllBlocked()
      expect(watch.waiting).toBe(2)
      watch.set(undefined)
      expect([watch.value, await tasks[0], await tasks[1], watch.waiting]).toEqual([
        undefined,
        undefined,
        undefined,
        0,
      ])
      expectTypeOf(watch.changed).returns.resolves.toEqualTypeOf<number | undefined>()
    }))

  it('tells of a burst of changes once, with the last value', () =>
    testRun(async () => {
      const watch = new Watch('a')
      using receiver = watch.subscribe()
      const seen: string[] = []
      const loop = spawn(async () => {
        for await (const value of receiver) seen.push(value)
      })
      const once = spawn(() => watch.changed())
      await waitAllBlocked()
      for (const value of ['b', 'c', 'd']) watch.set(value)
      expect(await once).toBe('d')
      await waitAllBlocked()
      expect(seen).toEqual(['d'])
      watch.set('e')
      watch.close()
      await loop
      expect(seen).toEqual(['d', 'e'])
    }))

  it('tells a receiver of what was set while it was busy, and not of what it has seen', () =>
    testRun(async () => {
      const watch = new Watch(0)
      const receiver = watch.subscribe()
      expect([receiver.size, receiver.tryReceive()]).toEqual([0, undefined])
      watch.set(1)
      watch.set(2)
      expect([receiver.size, await receiver.receive(), receiver.size]).toEqual([1, 2, 0])
      watch.set(2)
      expect([receiver.size, receiver.tryReceive(), receiver.tryReceive()]).toEqual([
        1,
        2,
        undefined,
      ])
      expectTypeOf(receiver).toEqualTypeOf<Receiver<number>>()
    }))

  it('gives the unseen value first and then ends, when it is closed', () =>
    testRun(async () => {
      const watch = new Watch(0)
      const [behind, upToDate, looping] = [watch.subscribe(), watch.subscribe(), watch.subscribe()]
      watch.set(1)
      upToDate.tryReceive()
      looping.tryReceive()
      const blocked = [
        spawn(() => codeOf(upToDate.receive())),
        spawn(() => codeOf(watch.changed())),
        spawn(async () => {
          for await (const _ of looping) expect.unreachable()
        }),
      ]
      await waitAllBlocked()
      watch.close()
      watch.close()
      expect([await blocked[0], await blocked[1], await blocked[2]]).toEqual([
        'CLOSED',
        'CLOSED',
        undefined,
      ])
      expect(await behind.receive()).toBe(1)
      await expect(behind.receive()).rejects.toThrow(ClosedError)
      await expect(watch.changed()).rejects.toThrow(ClosedError)
      expect(() => watch.set(2)).toThrow('Watch.set: it is closed and changes no more')
      expect([watch.closed, watch.value, behind.senders]).toEqual([true, 1, 0])
    }))

  it('delivers the change to one who was woken and then cancelled, and wakes no one cancelled', () =>
    testRun(async () => {
      const watch = new Watch(0)
      const receiver = watch.subscribe()
      const gone = [spawn(() => watch.changed()), spawn(() => receiver.receive())]
      await waitAllBlocked()
      for (const task of gone) task.cancel()
      expect([watch.waiting, receiver.waiting]).toEqual([0, 0])
      const granted = [spawn(() => watch.changed()), spawn(() => receiver.receive())]
      await waitAllBlocked()
      watch.set(1)
      for (const task of granted) task.cancel()
      expect([await granted[0], await granted[1], receiver.size]).toEqual([1, 1, 0])
      const statuses = []
      for (const task of gone) statuses.push((await task.settled()).status)
      expect(statuses).toEqual(['rejected', 'rejected'])
      const scope = new CancelScope()
      watch.set(2)
      await scope.run(async () => {
        scope.cancel()
        await expect(watch.changed()).rejects.toThrow(Cancelled)
        await expect(receiver.receive()).rejects.toThrow(Cancelled)
        watch.close()
        await expect(watch.changed()).rejects.toThrow(Cancelled)
      })
      expect(receiver.size).toBe(1)
    }))

  it('gives two who wait on one receiver one change each', () =>
    testRun(async () => {
      const watch = new Watch(0)
      const receiver = watch.subscribe()
      const tasks = [spawn(() => receiver.receive()), spawn(() => receiver.receive())]
      await waitAllBlocked()
      watch.set(1)
      watch.set(2)
      expect([receiver.waiting, receiver.size]).toEqual([1, 0])
      expect(await tasks[0]).toBe(2)
      watch.set(3)
      expect(await tasks[1]).toBe(3)
    }))

  it('forgets a receiver that was closed, and clones one with what it has seen', () =>
    testRun(async () => {
      const watch = new Watch(0)
      const receiver = watch.subscribe()
      const upToDate = receiver.clone()
      watch.set(1)
      const behind = receiver.clone()
      upToDate.tryReceive()
      expect([upToDate.size, behind.size, watch.receivers]).toEqual([0, 1, 3])
      const blocked = spawn(() => codeOf(upToDate.receive()))
      await waitAllBlocked()
      for (const each of [receiver, upToDate, behind]) each.close()
      expect([await blocked, watch.receivers]).toEqual(['CLOSED', 0])
    }))
})
