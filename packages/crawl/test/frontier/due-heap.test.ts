import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueHeap } from '../../src/frontier/due-heap.ts'

test('DueHeap gives what is due, the earliest first, equals in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const heap = new DueHeap<string>()
      times.forEach((at, index) => heap.add(at, `${at}-${index}`))
      const expected = times
        .map((at, index) => ({ at, text: `${at}-${index}` }))
        .toSorted((a, b) => a.at - b.at)
        .filter(({ at }) => at <= 10)
        .map(({ text }) => text)
      const taken: string[] = []
      for (let value = heap.takeDue(10); value !== undefined; value = heap.takeDue(10)) {
        taken.push(value)
      }
      expect(taken).toEqual(expected)
      expect(heap.size).toBe(times.length - expected.length)
      expect(heap.nextAt).toBe(Math.min(Infinity, ...times.filter((at) => at > 10)))
    }),
  )
})
