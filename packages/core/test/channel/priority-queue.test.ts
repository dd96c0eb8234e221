import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { MisuseError, PriorityQueue, Queue, spawn } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

const ascending = (a: number, b: number): number => a - b

describe('PriorityQueue', () => {
  it('hands out the least item first', () =>
    testRun(async () => {
      const queue = new PriorityQueue<number>({ compare: ascending })
      expect(queue).toBeInstanceOf(Queue)
      for (const item of [5, 1, 4, 1, 3]) await queue.put(item)
      queue.close()
      const seen: number[] = []
      for await (const item of queue) seen.push(item)
      expect(seen).toEqual([1, 1, 3, 4, 5])
    }))

  it('hands out equal items in the order they were put, among any others', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (ranks) => {
        const queue = new PriorityQueue<[number, number]>({ compare: (a, b) => a[0] - b[0] })
        const items = ranks.map((rank, i): [number, number] => [rank, i])
        for (const item of items) queue.tryPut(item)
        const seen: ([number, number] | undefined)[] = []
        while (queue.size > 0) seen.push(queue.tryGet())
        expect(seen).toEqual(items.sort((a, b) => a[0] - b[0]))
      }),
    ))

  it('lets putters in line in the order they came, whatever they carry', () =>
    testRun(async () => {
      const queue = new PriorityQueue<number>({ capacity: 1, compare: ascending })
      await queue.put(5)
      const putters = [9, 1].map((item) => spawn(() => queue.put(item)))
      await waitAllBlocked()
      expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([5, 9, 1])
      for (const putter of putters) await putter
    }))

  it('carries undefined, and drops what it holds when it is closed at once', () =>
    testRun(async () => {
      const queue = new PriorityQueue<number | undefined>({
        compare: (a, b) => (a ?? 2) - (b ?? 2),
      })
      for (const item of [3, undefined, 1]) await queue.put(item)
      expect([await queue.get(), await queue.get(), queue.size]).toEqual([1, undefined, 1])
      queue.close({ immediate: true })
      expect(queue.size).toBe(0)
    }))

  it('refuses the item, and stays whole, when compare throws', () =>
    testRun(async () => {
      const queue = new PriorityQueue<number>({
        capacity: 4,
        compare: (a, b) => {
          if (a === 13 || b === 13) throw new RangeError('13')
          return a - b
        },
      })
      for (const item of [4, 2, 3]) await queue.put(item)
      await expect(queue.put(13)).rejects.toThrow(RangeError)
      expect(() => queue.tryPut(13)).toThrow(RangeError)
      expect(queue.size).toBe(3)
      await queue.put(1)
      const unlucky = spawn(() => queue.put(13).catch((error: unknown) => String(error)))
      const behind = spawn(() => queue.put(5))
      await waitAllBlocked()
      expect(await queue.get()).toBe(1)
      expect(await unlucky).toBe('RangeError: 13')
      await behind
      queue.close()
      const rest: number[] = []
      for await (const item of queue) rest.push(item)
      expect(rest).toEqual([2, 3, 4, 5])
    }))

  it('compares an item that is put with others, never those with each other', () =>
    testRun(async () => {
      const pairs: [number, number][] = []
      const compare = (a: number, b: number): number => {
        pairs.push([a, b])
        return a - b
      }
      const queue = new PriorityQueue<number>({ compare })
      for (const item of [50, 90, 20, 70, 60, 10, 5, 40, 30, 1, 0]) {
        pairs.length = 0
        await queue.put(item)
        expect(pairs.filter((pair) => !pair.includes(item))).toEqual([])
      }
    }))

  it('needs compare, and a capacity that holds something', () => {
    expect(() => new PriorityQueue({ compare: 'up' as never })).toThrow(MisuseError)
    expect(() => new PriorityQueue({ capacity: 0, compare: ascending })).toThrow(
      'PriorityQueue: capacity must be a whole number',
    )
    const queue = new PriorityQueue({ compare: (a: string, b: string) => a.localeCompare(b) })
    expectTypeOf(queue).toEqualTypeOf<PriorityQueue<string>>()
  })
})
