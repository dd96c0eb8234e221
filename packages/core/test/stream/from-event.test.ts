import { EventEmitter } from 'node:events'
import {
  CancelScope,
  fromEvent,
  FullError,
  MisuseError,
  shield,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import type { Stream } from 'corral'
import { explore, testRun, waitAllBlocked } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { unhandled } from '../unhandled.ts'

function listeners(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}

describe('fromEvent', () => {
  test('fromEvent listens while it is walked, and keeps what comes meanwhile', () =>
    testRun(async () => {
      const emitter = new EventEmitter()
      const events = fromEvent<number>(emitter, 'job', { end: ['close'] })
      emitter.emit('job', 0)
      const got: number[] = []
      const reader = spawn(() =>
        events.forEach(async (n) => {
          got.push(n)
          await sleep(10)
        }),
      )
      await waitAllBlocked()
      for (const n of [1, 2, 3]) emitter.emit('job', n, 'not seen')
      emitter.emit('close')
      emitter.emit('job', 4)
      await reader
      expect([got, listeners(emitter)]).toEqual([[1, 2, 3], 0])
    }))

  test('of an EventTarget', () =>
    testRun(async () => {
      const target = new EventTarget()
      const reader = spawn(() =>
        fromEvent(target, 'tick', { item: (event: globalThis.Event) => event.type })
          .take(2)
          .toArray(),
      )
      await waitAllBlocked()
      for (let i = 0; i < 3; i++) target.dispatchEvent(new globalThis.Event('tick'))
      expect(await reader).toEqual(['tick', 'tick'])
    }))

  test('each walk listens by itself; one that is left, cancelled or failed takes its listeners off', () =>
    testRun(async () => {
      const emitter = new EventEmitter()
      const events = fromEvent<number>(emitter, 'job', { end: ['a', 'b'] })
      const both = [spawn(() => events.first()), spawn(() => events.first())]
      await waitAllBlocked()
      expect(listeners(emitter)).toBe(8)
      emitter.emit('job', 7)
      expect([await both[0], await both[1]]).toEqual([7, 7])
      await expect(timeout(5, () => events.toArray())).rejects.toThrow(TimeoutError)
      const failing = events.forEach(() => {
        throw new RangeError('by itself')
      })
      await waitAllBlocked()
      emitter.emit('job', 1)
      await expect(failing).rejects.toThrow('by itself')
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => events.toArray())
      expect(listeners(emitter)).toBe(0)
    }))

  test('an error event fails the walk, after what came before it', () =>
    testRun(async () => {
      const emitter = new EventEmitter()
      const got: number[] = []
      const slow = fromEvent<number>(emitter, 'job').forEach(async (n) => {
        got.push(n)
        await sleep(1)
      })
      await waitAllBlocked()
      for (const n of [1, 2]) emitter.emit('job', n)
      emitter.emit('error', new RangeError('socket hang up'))
      await expect(slow).rejects.toThrow('socket hang up')
      expect([got, listeners(emitter)]).toEqual([[1, 2], 0])

      const waiting = fromEvent<number>(emitter, 'job').toArray()
      await waitAllBlocked()
      emitter.emit('error', new RangeError('at once'))
      await expect(waiting).rejects.toThrow('at once')

      const errors = fromEvent<Error>(emitter, 'error').first()
      await waitAllBlocked()
      emitter.emit('error', new RangeError('as an item'))
      expect(await errors).toEqual(new RangeError('as an item'))
    }))

  test.each([
    ['oldest', [0, 8, 9]],
    ['newest', [0, 1, 2]],
  ] as const)('of more than it keeps the %s is dropped', (overflow, kept) =>
    testRun(async () => {
      const emitter = new EventEmitter()
      const events = fromEvent<number>(emitter, 'job', { capacity: 2, overflow, end: ['close'] })
      const walk = events[Symbol.asyncIterator]()
      const first = walk.next()
      await waitAllBlocked()
      for (let n = 0; n < 10; n++) emitter.emit('job', n)
      emitter.emit('close')
      const got = [(await first).value]
      for await (const n of walk) got.push(n)
      expect(got).toEqual(kept)
    }),
  )

  test('more than it keeps is a FullError, after what was kept, unless it is said what to drop', () =>
    testRun(async () => {
      const emitter = new EventEmitter()
      const got: number[] = []
      const slow = fromEvent<number>(emitter, 'job', { capacity: 2 }).forEach(async (n) => {
        got.push(n)
        await sleep(1)
      })
      await waitAllBlocked()
      for (let n = 0; n < 10; n++) emitter.emit('job', n)
      await expect(slow).rejects.toThrow(
        new FullError(
          'fromEvent: more than 2 events were not taken in time; take them faster, or say with overflow what to drop',
        ),
      )
      expect([got, listeners(emitter)]).toEqual([[0, 1, 2], 0])
    }))

  test('an item that throws fails the walk, not the emitter', async () => {
    const lost = await unhandled(() =>
      testRun(async () => {
        const emitter = new EventEmitter()
        const item = (): never => {
          throw new RangeError('no item')
        }
        const reader = spawn(() => fromEvent(emitter, 'job', { item }).toArray())
        await waitAllBlocked()
        emitter.emit('job')
        await expect(Promise.resolve(reader)).rejects.toThrow('no item')
      }).catch((error: unknown) => expect(error).toEqual(new RangeError('no item'))),
    )
    expect(lost).toEqual([])
  })

  test('in every order no event between the first and the last is lost', async () => {
    const { schedules } = await explore(
      () =>
        taskGroup(async (group) => {
          const emitter = new EventEmitter()
          const got: number[] = []
          const reader = group.spawn(() =>
            fromEvent<number>(emitter, 'job', { end: ['close'] }).forEach(async (n) => {
              got.push(n)
              await sleep(1)
            }),
          )
          while (emitter.listenerCount('job') === 0) await sleep(1)
          for (let n = 0; n < 4; n++) {
            emitter.emit('job', n)
            await sleep(n % 2)
          }
          emitter.emit('close')
          await shield(() => reader.settled())
          expect([got, listeners(emitter)]).toEqual([[0, 1, 2, 3], 0])
        }),
      { budget: 400 },
    )
    expect(schedules).toBeGreaterThan(1)
  })

  test('says what is wrong, and gives a stream of what it was told', () => {
    for (const source of [undefined, {}, 5, { on() {} }]) {
      expect(() => fromEvent(source as never, 'job')).toThrow(
        'fromEvent: source must be an EventEmitter or an EventTarget',
      )
    }
    const emitter = new EventEmitter()
    expect(() => fromEvent(emitter, 'job', { capacity: 0 })).toThrow(MisuseError)
    expect(() => fromEvent(emitter, 'job', { overflow: 'drop' as never })).toThrow(MisuseError)
    expectTypeOf(fromEvent<number>(emitter, 'job')).toEqualTypeOf<Stream<number>>()
    const length = fromEvent(emitter, 'job', { item: (text: string) => text.length })
    expectTypeOf(length).toEqualTypeOf<Stream<number>>()
  })
})
