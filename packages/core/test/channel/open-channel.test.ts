import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  BrokenError,
  Cancelled,
  CancelScope,
  ClosedError,
  MisuseError,
  openChannel,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import type { Receiver, Sender, Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

/** Works in a task whose failure is its own affair: the result is then the code of the error. */
function attempt<T>(fn: () => Promise<T>): Task<T | string> {
  return spawn(() => fn().catch((error: unknown) => (error as MisuseError).code))
}

async function drain<T>(receiver: Receiver<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of receiver) items.push(item)
  return items
}

describe('openChannel', () => {
  it('carries items in order, and ends loops when the last sender is closed', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 2 })
      spawn(async () => {
        using _ = sender
        for (let i = 0; i < 5; i++) await sender.send(i)
      })
      expect(await drain(receiver)).toEqual([0, 1, 2, 3, 4])
      expect(await drain(receiver)).toEqual([])
      await expect(receiver.receive()).rejects.toThrow(
        'Receiver.receive: nobody can send any more and all was received',
      )
      expect(receiver.tryReceive()).toBeUndefined()
    }))

  it('of capacity 0 lets neither side go before the other has come', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<string>({ capacity: 0 })
      expect([sender.trySend('x'), receiver.tryReceive()]).toEqual([false, undefined])
      const sending = spawn(() => sender.send('a'))
      await waitAllBlocked()
      expect([sending.status, sender.size, receiver.size, sender.waiting]).toEqual([
        'running',
        0,
        1,
        1,
      ])
      expect(receiver.tryReceive()).toBe('a')
      await sending
      const receiving = spawn(() => receiver.receive())
      await waitAllBlocked()
      expect(receiver.waiting).toBe(1)
      expect([sender.trySend('b'), sender.trySend('c')]).toEqual([true, false])
      expect(await receiving).toBe('b')
    }))

  it('of capacity 0 hands items over first come first served on both sides', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 0 })
      const log: string[] = []
      for (const item of [1, 2, 3]) spawn(() => sender.send(item))
      await waitAllBlocked()
      for (const name of ['a', 'b', 'c', 'd']) {
        spawn(async () => log.push(`${name}${await receiver.receive()}`))
      }
      await waitAllBlocked()
      await sender.send(4)
      await waitAllBlocked()
      expect(log).toEqual(['a1', 'b2', 'c3', 'd4'])
    }))

  it('of capacity Infinity never makes a sender wait', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: Infinity })
      for (let i = 0; i < 10_000; i++) expect(sender.trySend(i)).toBe(true)
      expect([sender.size, sender.capacity, receiver.size]).toEqual([10_000, Infinity, 10_000])
    }))

  it('of capacity 1 says no to trySend when it is full, and to tryReceive when it is empty', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      expect([sender.trySend(1), sender.trySend(2)]).toEqual([true, false])
      expect([receiver.tryReceive(), receiver.tryReceive()]).toEqual([1, undefined])
    }))

  it.each([0, '', null, undefined, false])('carries the falsy item %s', (item) =>
    testRun(async () => {
      for (const capacity of [0, 1]) {
        const [sender, receiver] = openChannel<unknown>({ capacity })
        spawn(async () => {
          await sender.send(item)
          await sender.send(item)
          sender.close()
        })
        expect(await receiver.receive()).toBe(item)
        expect(await drain(receiver)).toEqual([item])
      }
    }),
  )

  it('shares ten items among five receivers, none twice and none lost', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 0 })
      const got: number[][] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 5; i++) {
          const mine: number[] = []
          got.push(mine)
          const clone = receiver.clone()
          group.spawn(async () => {
            using own = clone
            for await (const item of own) {
              mine.push(item)
              await sleep(1)
            }
          })
        }
        receiver.close()
        for (let i = 0; i < 10; i++) await sender.send(i)
        sender.close()
      })
      expect(got.map((mine) => mine.length)).toEqual([2, 2, 2, 2, 2])
      expect(got.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }))

  it('refuses a capacity below 0, and infers its items', () => {
    for (const capacity of [-1, 0.5, Number.NaN]) {
      expect(() => openChannel({ capacity })).toThrow(MisuseError)
    }
    const [sender, receiver] = openChannel<string>({ capacity: 1 })
    expectTypeOf(sender).toEqualTypeOf<Sender<string>>()
    expectTypeOf(receiver).toEqualTypeOf<Receiver<string>>()
    expectTypeOf(receiver.receive()).resolves.toEqualTypeOf<string>()
  })
})

describe('a closed channel end', () => {
  it('throws ClosedError in its own calls, and may be closed twice', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      sender.close()
      sender.close()
      expect([sender.closed, receiver.senders, sender.receivers]).toEqual([true, 0, 1])
      await expect(sender.send(1)).rejects.toThrow(ClosedError)
      expect(() => sender.trySend(1)).toThrow(ClosedError)
      expect(() => sender.clone()).toThrow(
        'Sender.clone: this sender is closed; send before that, or on a clone',
      )
      receiver.close()
      receiver.close()
      expect([receiver.closed, sender.receivers]).toEqual([true, 0])
      await expect(receiver.receive()).rejects.toThrow(ClosedError)
      await expect(receiver[Symbol.asyncIterator]().next()).rejects.toThrow(ClosedError)
      expect(() => receiver.tryReceive()).toThrow(ClosedError)
      expect(() => receiver.clone()).toThrow(ClosedError)
    }))

  it('lets the receiver drain what was sent before the sender was closed', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 3 })
      for (const item of [1, 2]) await sender.send(item)
      sender.close()
      expect(await receiver.receive()).toBe(1)
      expect(receiver.tryReceive()).toBe(2)
      await expect(receiver.receive()).rejects.toThrow(ClosedError)
    }))

  it('wakes a receiver and a loop that wait when the last sender is closed', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      const waiting = attempt(() => receiver.receive())
      const looping = spawn(() => drain(receiver))
      await waitAllBlocked()
      sender.close()
      expect([await waiting, await looping, receiver.waiting]).toEqual(['CLOSED', [], 0])
    }))

  it('breaks senders off, those in line and those who come, when the last receiver is closed', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      await sender.send(1)
      const waiting = [2, 3].map((item) => attempt(() => sender.send(item)))
      await waitAllBlocked()
      const other = receiver.clone()
      receiver.close()
      await waitAllBlocked()
      expect(sender.waiting).toBe(2)
      other.close()
      expect([sender.waiting, sender.size]).toEqual([0, 0])
      for (const each of waiting) expect(await each).toBe('BROKEN')
      await expect(sender.send(4)).rejects.toThrow(BrokenError)
      expect(() => sender.trySend(5)).toThrow('Sender.trySend: every receiver is closed')
      expect(() => sender.clone().trySend(6)).toThrow(BrokenError)
    }))

  it('wakes only those who wait on the very handle that was closed', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<string>({ capacity: 0 })
      const second = sender.clone()
      const sends = [
        attempt(() => sender.send('a')),
        attempt(() => second.send('b')),
        attempt(() => sender.send('c')),
        attempt(() => second.send('d')),
      ]
      await waitAllBlocked()
      expect([sender.waiting, second.waiting]).toEqual([2, 2])
      sender.close()
      expect([sender.waiting, second.waiting, receiver.senders]).toEqual([0, 2, 1])
      expect([await receiver.receive(), await receiver.receive()]).toEqual(['b', 'd'])
      expect(await Promise.all(sends)).toEqual(['CLOSED', undefined, 'CLOSED', undefined])

      const other = receiver.clone()
      const receives = [
        attempt(() => receiver.receive()),
        attempt(() => other.receive()),
        attempt(() => drain(receiver)),
      ]
      await waitAllBlocked()
      receiver.close()
      expect([receiver.waiting, other.waiting, second.receivers]).toEqual([0, 1, 1])
      await second.send('e')
      expect(await Promise.all(receives)).toEqual(['CLOSED', 'e', 'CLOSED'])
    }))

  it('ends the channel only when the last clone is closed', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      const loop = spawn(() => drain(receiver))
      await taskGroup(async (group) => {
        for (const item of [1, 2, 3]) {
          const mine = sender.clone()
          group.spawn(async () => {
            using own = mine
            await sleep(item)
            await own.send(item)
          })
        }
        sender.close()
      })
      expect(await loop).toEqual([1, 2, 3])
    }))

  it('is closed in linear time by 20 000 clones that each have somebody waiting', () =>
    testRun(async () => {
      const [sender] = openChannel<number>({ capacity: 0 })
      const clones = Array.from({ length: 20_000 }, () => sender.clone())
      const waiting = clones.map((clone, i) => attempt(() => clone.send(i)))
      await waitAllBlocked()
      for (const clone of clones) clone.close()
      expect(await waiting[19_999]).toBe('CLOSED')
      expect(clones.every((clone) => clone.waiting === 0)).toBe(true)
    }))
})

describe('a channel under cancellation', () => {
  it('takes and sends nothing in a cancelled scope, even when it could at once', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 2 })
      await sender.send(1)
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        await expect(receiver.receive()).rejects.toThrow(Cancelled)
        await expect(receiver[Symbol.asyncIterator]().next()).rejects.toThrow(Cancelled)
        await expect(sender.send(2)).rejects.toThrow(Cancelled)
      })
      expect([receiver.size, receiver.tryReceive()]).toEqual([1, 1])
    }))

  it('keeps the item that is sent after a receive has timed out', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      await expect(timeout(10, () => receiver.receive())).rejects.toThrow(TimeoutError)
      expect(receiver.waiting).toBe(0)
      await sender.send(1)
      expect([sender.size, await receiver.receive()]).toEqual([1, 1])
    }))

  it('does not send the item of a sender cancelled in line; the one behind it is served', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<string>({ capacity: 0 })
      const gone = spawn(() => sender.send('gone'))
      const next = spawn(() => sender.send('next'))
      await waitAllBlocked()
      gone.cancel()
      expect(sender.waiting).toBe(1)
      expect(await receiver.receive()).toBe('next')
      await next
      expect((await gone.settled()).status).toBe('rejected')
    }))

  it('delivers on both sides when both are cancelled in the turn of the rendezvous', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<string>({ capacity: 0 })
      const sending = spawn(() => sender.send('item'))
      await waitAllBlocked()
      const scope = new CancelScope()
      const got = await scope.run(async () => {
        const receiving = receiver.receive()
        sending.cancel()
        scope.cancel()
        return receiving
      })
      expect(got).toBe('item')
      expect((await sending.settled()).status).toBe('fulfilled')
    }))

  it('delivers to a receiver that was granted and then cancelled', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<string>({ capacity: 1 })
      const receiving = spawn(() => receiver.receive())
      await waitAllBlocked()
      expect(sender.trySend('item')).toBe(true)
      receiving.cancel()
      expect(await receiving).toBe('item')
    }))

  it('leaves nobody in line when 100 000 receivers are cancelled from the middle', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 0 })
      const scope = new CancelScope()
      await taskGroup(async (group) => {
        const first = group.spawn(() => receiver.receive())
        group.spawn(() =>
          scope.run(() =>
            taskGroup(async (crowd) => {
              for (let i = 0; i < 100_000; i++) crowd.spawn(() => receiver.receive())
            }),
          ),
        )
        await waitAllBlocked()
        const last = group.spawn(() => receiver.receive())
        await waitAllBlocked()
        scope.cancel()
        expect(receiver.waiting).toBe(2)
        expect([sender.trySend(1), sender.trySend(2), sender.trySend(3)]).toEqual([
          true,
          true,
          false,
        ])
        expect([await first, await last]).toEqual([1, 2])
      })
      expect(receiver.waiting).toBe(0)
    }))
})
