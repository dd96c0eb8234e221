import { batches, CancelScope, sleep, spawn } from 'corral'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns } from './harness.ts'

async function* slowly<T>(items: Iterable<T>, closed: () => void = () => {}) {
  try {
    for (const item of items) {
      await turns(1)
      yield item
    }
  } finally {
    await turns(3)
    closed()
  }
}

describe('batches', () => {
  test('batches cuts into arrays of the size, the last one shorter', async () => {
    expect([...batches([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]])
    expect([...batches('abcd', 2)]).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    expect([...batches([], 3)]).toEqual([])
    expect(await Array.fromAsync(batches(slowly([1, 2, 3]), 2))).toEqual([[1, 2], [3]])
    expect(await Array.fromAsync(batches(slowly([]), 2))).toEqual([])
  })

  test('cut and put together again they are the same items', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.anything()),
        fc.integer({ min: 1, max: 9 }),
        async (items, n) => {
          const cut = [...batches(items, n)]
          expect(cut.flatMap((batch) => batch.map((item) => [item]))).toEqual(
            items.map((item) => [item]),
          )
          expect(cut.slice(0, -1).every((batch) => batch.length === n)).toBe(true)
          expect(await Array.fromAsync(batches(slowly(items), n))).toEqual(cut)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('they can be walked again when the items can', () => {
    const pairs = batches([1, 2, 3], 2)
    expect([...pairs]).toEqual([...pairs])
  })

  test('nothing is taken ahead', async () => {
    let taken = 0
    function* source() {
      for (;;) yield ++taken
    }
    for (const _ of batches(source(), 3)) {
      if (taken >= 6) break
    }
    expect(taken).toBe(6)
    for await (const _ of batches(slowly(source()), 3)) break
    expect(taken).toBe(9)
  })

  test('leaving the loop closes the source', async () => {
    let closed = 0
    function* source() {
      try {
        for (;;) yield 1
      } finally {
        closed += 1
      }
    }
    for (const _ of batches(source(), 2)) break
    const slow = slowly(source(), () => (closed += 10))
    for await (const _ of batches(slow, 2)) break
    expect(closed).toBe(12)
  })

  test('cancelled in the loop, the source is closed to the end under a shield', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let closed = 0
      await scope.run(async () => {
        spawn(async () => {
          await turns(8)
          scope.cancel()
        })
        const source = slowly([1, 2, 3, 4], () => (closed += 1))
        for await (const _ of batches(source, 2)) await sleep(Infinity)
      })
      expect([scope.cancelledCaught, closed]).toEqual([true, 1])
    }))

  test('a source that fails drops the batch it was filling', async () => {
    const seen: number[][] = []
    async function* source() {
      yield* [1, 2, 3]
      throw new Error('boom')
    }
    const loop = async () => {
      for await (const batch of batches(source(), 2)) seen.push(batch)
    }
    await expect(loop()).rejects.toThrow('boom')
    expect(seen).toEqual([[1, 2]])
  })

  test('arguments are checked', () => {
    expect(() => batches([1], 0)).toThrow(
      'batches: size must be a whole number of at least 1, got 0 (number)',
    )
    expect(() => batches(5 as never, 1)).toThrow(
      'batches: items must be iterable or async iterable, got 5 (number)',
    )
  })

  test('types: sync stays sync, async stays async', () => {
    expectTypeOf(() => batches(new Set(['a']), 2)).returns.toEqualTypeOf<Iterable<string[]>>()
    expectTypeOf(() => batches(slowly([1]), 2)).returns.toEqualTypeOf<AsyncIterable<number[]>>()
  })
})
