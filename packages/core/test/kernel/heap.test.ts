import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap } from '../../src/kernel/heap.ts'

interface Item {
  slot: number
  readonly key: number
}

const byKey = (a: Item, b: Item): boolean => a.key < b.key

describe('Heap', () => {
  it('gives its items in order, whatever was pushed, removed and shifted before', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 0, max: 50 }) }),
      fc.constant({ shift: true }),
      fc.record({ remove: fc.nat(100) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new Heap<Item>(byKey)
        let model: Item[] = []
        for (const action of steps) {
          if ('push' in action) {
            const item = { slot: -1, key: action.push }
            heap.push(item)
            model.push(item)
          } else if ('shift' in action) {
            const least = heap.shift()
            expect(least?.key).toBe(
              model.length === 0 ? undefined : Math.min(...model.map((item) => item.key)),
            )
            model = model.filter((item) => item !== least)
          } else {
            const item = model[action.remove % Math.max(1, model.length)]
            if (item === undefined) continue
            heap.remove(item)
            heap.remove(item) // a second time does nothing
            expect(item.slot).toBe(-1)
            model = model.filter((other) => other !== item)
          }
          expect(heap.size).toBe(model.length)
        }
        const rest = model.map((item) => item.key).toSorted((a, b) => a - b)
        expect(rest.map(() => heap.shift()?.key)).toEqual(rest)
      }),
    )
  })
})
