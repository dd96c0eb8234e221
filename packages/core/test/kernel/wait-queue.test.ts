import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Waiter } from '../../src/kernel/records.ts'
import { WaitQueue } from '../../src/kernel/wait-queue.ts'

describe('WaitQueue', () => {
  it('keeps the order of arrival, whoever leaves from wherever', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(50)), { maxLength: 200 }), (steps) => {
        const line = new WaitQueue()
        const model: Waiter[] = []
        for (const [join, index] of steps) {
          if (join || model.length === 0) {
            const waiter = new Waiter('test')
            line.add(waiter)
            model.push(waiter)
          } else {
            const [waiter] = model.splice(index % model.length, 1)
            line.remove(waiter as Waiter)
          }
          expect([...line]).toEqual(model)
          expect([line.size, line.first]).toEqual([model.length, model[0]])
        }
      }),
    )
  })

  it('may be emptied while it is walked', () => {
    const line = new WaitQueue()
    for (let i = 0; i < 5; i++) line.add(new Waiter('test'))
    for (const waiter of line) line.remove(waiter)
    expect(line.size).toBe(0)
  })

  it('tells when a waiter has given up', () => {
    const left: unknown[] = []
    const line = new WaitQueue((waiter) => left.push(waiter))
    const waiter = new Waiter('test', undefined, line)
    line.add(waiter)
    line.remove(waiter)
    expect(left).toEqual([])
    line.left(waiter)
    expect(left).toEqual([waiter])
  })
})
