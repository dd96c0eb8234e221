import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RingBuffer } from '../../src/kernel/ring-buffer.ts'

describe('RingBuffer', () => {
  it('is a queue from one end and a stack from the other', () => {
    const step = fc.constantFrom('push', 'push', 'shift', 'pop', 'at')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const ring = new RingBuffer<number>()
        const model: number[] = []
        let next = 0
        for (const action of steps) {
          if (action === 'push') {
            model.push(next)
            ring.push(next++)
          } else if (action === 'shift') expect(ring.shift()).toBe(model.shift())
          else if (action === 'pop') expect(ring.pop()).toBe(model.pop())
          else model.forEach((item, i) => expect(ring.at(i)).toBe(item))
          expect(ring.size).toBe(model.length)
        }
      }),
    )
  })

  it('gives back the room of a burst, and goes on in order', () => {
    const ring = new RingBuffer<number>()
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 5000; i++) ring.push(i)
      for (let i = 0; i < 5000; i++) expect(ring.shift()).toBe(i)
      expect(ring.shift()).toBeUndefined()
    }
  })

  it('is empty after clear', () => {
    const ring = new RingBuffer<string>()
    ring.push('a')
    ring.clear()
    expect([ring.size, ring.shift(), ring.pop(), ring.at(0)]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ])
  })
})
