import { combineLatest, concat, merge, now, Queue, range, sleep, stream, zip } from 'corral'
import type { Stream } from 'corral'
import { drawMarbles, marbles, testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { slow } from './stages.ts'

const drawn = (make: () => AsyncIterable<unknown>): Promise<string> =>
  testRun(() => drawMarbles(make()))

describe('merge', () => {
  test('gives the items as they come, and ends when all have ended', async () => {
    expect(await drawn(() => merge(marbles('a--c--|'), marbles('-b---d-e|')))).toBe('ab-c-d-e|')
    expect(await drawn(() => merge())).toBe('|')
    expect(await drawn(() => merge(marbles('|'), marbles('-a|')))).toBe('-a|')
  })

  test('one source fails: what was ready is given first, the others are closed', () =>
    testRun(async () => {
      const log: string[] = []
      const error = new RangeError('mine')
      const failing = range(0, 1, { delay: 2.5 }).map((): number => {
        throw error
      })
      const got: unknown[] = []
      const both = merge(slow(log), failing)
      const loop = both.forEach(async (item) => {
        got.push(item)
        await sleep(10) // the next one is ready long before it is asked for
      })
      await expect(loop).rejects.toBe(error)
      expect(got).toEqual([0, 1])
      expect(log).toEqual(['open', 'closing', 'closed'])
      const early = merge(range(7, 8), failing).forEach((item) => void got.push(item))
      await expect(early).rejects.toBe(error)
      expect(got).toEqual([0, 1, 7])
    }))

  test('is fair: a source that is always ready does not keep the others out', () =>
    testRun(async () => {
      const got = await merge(range(0, Infinity), range(-100, -90)).take(20).toArray()
      expect(got.filter((n) => n < 0).length).toBeGreaterThanOrEqual(5)
    }))

  test('a source is at most one item ahead', () =>
    testRun(async () => {
      const read: number[] = []
      const source = range(0, 100).tap((n) => void read.push(n))
      const walk = merge(source)[Symbol.asyncIterator]()
      await walk.next()
      await sleep(1)
      expect(read).toEqual([0, 1])
      await walk.return()
    }))

  test('a silent source beside a fast one keeps the heap flat', () =>
    testRun(async () => {
      const { gc } = globalThis as { gc?: () => void }
      expect(gc).toBeDefined()
      const never = stream(async function* () {
        await sleep(Infinity)
        yield -1
      })
      const walk = merge(never, range(0, Infinity))[Symbol.asyncIterator]()
      const used = async (items: number): Promise<number> => {
        for (let i = 0; i < items; i++) await walk.next()
        gc?.()
        return process.memoryUsage().heapUsed
      }
      await used(20_000)
      const before = await used(20_000)
      const after = await used(200_000)
      // One reaction kept for each item, as `Promise.race` would, is more than 10 MB.
      expect(after - before).toBeLessThan(2e6)
      await walk.return()
    }))
})

describe('zip', () => {
  test('gives rows, and ends with the shortest', async () => {
    const rows = (): Stream<string> =>
      zip(marbles('a--b-c|'), marbles('-d-e----f-g|')).map((row) => row.join(''))
    expect(await drawn(rows)).toBe('-{ad}-{be}----({cf}|)')
    expect(await testRun(() => zip([1, 2, 3], 'ab').toArray())).toEqual([
      [1, 'a'],
      [2, 'b'],
    ])
    expect(await testRun(() => zip().toArray())).toEqual([])
    expect(await testRun(() => zip([1], []).toArray())).toEqual([])
  })

  test('ends as soon as one has ended, though another one is silent', () =>
    testRun(async () => {
      const log: string[] = []
      const silent = stream(async function* () {
        try {
          await sleep(Infinity)
          yield 0
        } finally {
          log.push('closed')
        }
      })
      expect(await zip(silent, marbles('---|')).toArray()).toEqual([])
      expect(now()).toBe(3)
      expect(log).toEqual(['closed'])
    }))

  test('an error of one closes the others', () =>
    testRun(async () => {
      const log: string[] = []
      await expect(zip(slow(log), marbles('--#')).toArray()).rejects.toThrow('#')
      expect(log).toEqual(['open', 'closing', 'closed'])
    }))
})

describe('concat', () => {
  test('one after the other, each opened when the one before has ended', async () => {
    expect(await drawn(() => concat(marbles('-a|'), marbles('-b|'), ['c']))).toBe('-a-b(c|)')
    await testRun(async () => {
      const log: string[] = []
      expect(await concat([1, 2], slow(log)).take(2).toArray()).toEqual([1, 2])
      expect(log).toEqual([])
    })
  })

  test('an error ends it', () =>
    expect(drawn(() => concat(marbles('a#'), marbles('b|')))).resolves.toBe('a#'))
})

describe('combineLatest', () => {
  test('begins when each has given one, ends when all have ended', async () => {
    const rows = (): Stream<string> =>
      combineLatest(marbles('a--b---|'), marbles('-1---2-3|')).map((row) => row.join(''))
    expect(await drawn(rows)).toBe('-{a1}-{b1}-{b2}-{b3}|')
    expect(await testRun(() => combineLatest().toArray())).toEqual([])
  })

  test('ends when one ends that never gave any: there will be no row', () =>
    testRun(async () => {
      const log: string[] = []
      expect(await combineLatest(slow(log), marbles('---|')).toArray()).toEqual([])
      expect(log).toEqual(['open', 'closing', 'closed'])
    }))
})

describe('Stream.flatMap', () => {
  test('one inner source after the other, or several at once as they come', async () => {
    const put = (concurrency: number) => () =>
      stream(marbles('ab|')).flatMap((x) => marbles(`-${x}--${x}|`), { concurrency })
    expect(await drawn(put(1))).toBe('-a--a-b--b|')
    expect(await drawn(put(2))).toBe('-ab-ab|')
  })

  test('never more inner sources than allowed, and none is taken ahead', () =>
    testRun(async () => {
      let open = 0
      let most = 0
      const taken: number[] = []
      const got = await range(0, 10)
        .tap((n) => void taken.push(n))
        .flatMap(
          async function* (n) {
            most = Math.max(most, ++open)
            expect(taken.length - n).toBeLessThanOrEqual(1)
            await sleep(10 - n)
            yield n
            open -= 1
          },
          { concurrency: 3 },
        )
        .toArray()
      expect(most).toBe(3)
      expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, n) => n))
    }))

  test('an error of an inner one, or of fn, closes all the others', () =>
    testRun(async () => {
      for (const concurrency of [1, 3]) {
        const log: string[] = []
        const made = slow(log).flatMap((n) => (n < 2 ? [n] : slow(log, { at: 1, error: 'bad' })), {
          concurrency,
        })
        await expect(made.toArray()).rejects.toBe('bad')
        const count = (word: string): number => log.filter((line) => line === word).length
        expect(count('closed')).toBe(count('open'))
        const thrown = slow(log).flatMap(() => Promise.reject(new RangeError('fn')), {
          concurrency,
        })
        await expect(thrown.toArray()).rejects.toThrow('fn')
        expect(count('closed')).toBe(count('open'))
        expect(count('open')).toBeGreaterThan(2)
      }
    }))

  test('left in the middle of an inner one, both are closed', () =>
    testRun(async () => {
      const log: string[] = []
      for await (const n of slow(log).flatMap(() => slow(log))) if (n === 1) break
      expect(log).toEqual(['open', 'open', 'closing', 'closed', 'closing', 'closed'])
    }))
})

describe('sources', () => {
  test('what is no source is refused at the call', () => {
    for (const join of [merge, zip, concat, combineLatest]) {
      expect(() => (join as (...sources: unknown[]) => unknown)([1], 5)).toThrow(
        `${join.name}: source must be iterable`,
      )
    }
  })

  test('a queue may be one', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await queue.put(1)
      expect(await merge(queue, [2]).take(2).toArray()).toHaveLength(2)
    }))

  test('types: rows follow their sources', () => {
    const rows = () => zip([1], stream(['a']), new Set([true]))
    expectTypeOf(rows).returns.toEqualTypeOf<Stream<[number, string, boolean]>>()
    expectTypeOf(() => merge([1], ['a'])).returns.toExtend<AsyncIterable<number | string>>()
    expectTypeOf(() => merge(range(0, 1), stream(['a']))).returns.toExtend<
      AsyncIterable<number | string>
    >()
  })
})
