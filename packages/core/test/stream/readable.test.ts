import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { currentSignal, moveOnAfter, range, run, sleep, stream } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { slow } from './stages.ts'

const quietly = { handleSignals: false }

describe('a ReadableStream of the web', () => {
  test('is read to its end, and the lock let go', () =>
    run(async () => {
      const readable = ReadableStream.from([1, 2, 3])
      expect(await stream<number>(readable).toArray()).toEqual([1, 2, 3])
      expect(readable.locked).toBe(false)
    }, quietly))

  test('its error is thrown', () =>
    run(async () => {
      const readable = new ReadableStream({ start: (controller) => controller.error('bad') })
      await expect(stream(readable).toArray()).rejects.toBe('bad')
    }, quietly))

  test('is cancelled when the loop is left, also while it is silent', () =>
    run(async () => {
      let cancelled = 0
      const silent = (): ReadableStream<number> =>
        new ReadableStream({
          start: (controller) => controller.enqueue(1),
          cancel: () => void (cancelled += 1),
        })
      for await (const item of stream(silent())) {
        expect(item).toBe(1)
        break
      }
      expect(cancelled).toBe(1)
      const moved = await moveOnAfter(5, () => stream(silent()).toArray())
      expect(moved.timedOut).toBe(true)
      expect(cancelled).toBe(2)
      const walk = stream(silent()).skip(1)[Symbol.asyncIterator]()
      const next = walk.next()
      await walk.return()
      expect(await next).toEqual({ done: true, value: undefined })
      expect(cancelled).toBe(3)
    }, quietly))
})

describe('a Readable of Node', () => {
  test('is read to its end', () =>
    run(async () => {
      expect(await stream(Readable.from(['a', 'b'])).toArray()).toEqual(['a', 'b'])
    }, quietly))

  test('is destroyed when the loop is left, also while it is silent', () =>
    run(async () => {
      const silent = (): PassThrough => {
        const readable = new PassThrough()
        readable.write('a')
        return readable
      }
      const first = silent()
      for await (const item of stream(first)) {
        expect(String(item)).toBe('a')
        break
      }
      expect(first.destroyed).toBe(true)
      const second = silent()
      const moved = await moveOnAfter(5, () => stream(second).toArray())
      expect([moved.timedOut, second.destroyed]).toEqual([true, true])
    }, quietly))

  test('its error is thrown', () =>
    run(async () => {
      const readable = new PassThrough()
      const error = new RangeError('mine')
      const reading = stream(readable).toArray()
      readable.destroy(error)
      await expect(reading).rejects.toBe(error)
    }, quietly))

  test('can be made of a stream, which is closed when it is destroyed', () =>
    run(async () => {
      expect(await Readable.from(range(0, 3)).toArray()).toEqual([0, 1, 2])
      const log: string[] = []
      const readable = Readable.from(slow(log))
      await once(readable, 'data', { signal: currentSignal() })
      readable.destroy()
      await once(readable, 'close', { signal: currentSignal() })
      await sleep(20)
      expect(log).toEqual(['open', 'closing', 'closed'])
    }, quietly))
})

describe('Stream.toReadable', () => {
  test('gives what the stream gives, when it is read', () =>
    run(async () => {
      let taken = 0
      const readable = range(0, 3)
        .tap(() => void taken++)
        .toReadable()
      await sleep(0)
      expect(taken).toBe(0)
      const items: number[] = []
      for await (const item of readable) items.push(item)
      expect(items).toEqual([0, 1, 2])
    }, quietly))

  test('cancelled, it closes the source; an error passes', () =>
    testRun(async () => {
      const log: string[] = []
      const reader = slow(log).toReadable().getReader()
      await reader.read()
      await reader.cancel()
      expect(log).toEqual(['open', 'closing', 'closed'])
      const failing = slow([], { at: 0, error: 'bad' }).toReadable().getReader()
      await expect(failing.read()).rejects.toBe('bad')
    }))

  test('a response may be made of it, and a stream of the response', () =>
    run(async () => {
      const bytes = range(0, 3).map((n) => new TextEncoder().encode(`${n};`))
      const response = new Response(bytes.toReadable() as never)
      expect(await response.text()).toBe('0;1;2;')
    }, quietly))
})
