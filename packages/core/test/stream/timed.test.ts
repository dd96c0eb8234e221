import { interval, merge, now, range, sleep, stream, TimeoutError } from 'corral'
import type { Stream } from 'corral'
import { drawMarbles, marbles, testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'

/** The drawing that `put` makes of another one. */
function drawn(
  line: string,
  put: (source: Stream<string>) => AsyncIterable<unknown>,
): Promise<string> {
  return testRun(() => drawMarbles(put(stream(marbles(line)))))
}

/** As `drawn`, for a consumer that takes `ms` for each item. */
function slowly(
  line: string,
  ms: number,
  put: (source: Stream<string>) => Stream<unknown>,
): Promise<string> {
  return drawn(line, (s) => put(s).tap(() => sleep(ms)))
}

describe('Stream.debounce', () => {
  test('gives an item when none has come for so long after it', () =>
    expect(drawn('abcd----e---f-g----|', (s) => s.debounce(3))).resolves.toBe(
      '------d----e-----g-|',
    ))

  test('gives the last one at the end, without a delay', () =>
    expect(drawn('-a|', (s) => s.debounce(3))).resolves.toBe('--(a|)'))

  test('an error is not delayed, what it was waiting with is dropped', () =>
    expect(drawn('-a#', (s) => s.debounce(3))).resolves.toBe('--#'))

  test('a consumer that is late gets the newest', () =>
    expect(slowly('a--b--c--------|', 7, (s) => s.debounce(1))).resolves.toBe(
      '--------a------(c|)',
    ))

  test('nothing gives nothing', () =>
    expect(drawn('---|', (s) => s.debounce(1))).resolves.toBe('---|'))
})

describe('Stream.throttle', () => {
  test('gives the first at once, then the latest of each interval', async () => {
    expect(await drawn('abcdefghijk|', (s) => s.throttle(2))).toBe('a-c-e-g-i-k|')
    expect(await drawn('abcdefghijk|', (s) => s.throttle(3))).toBe('a--d--g--j-(k|)')
  })

  test('or the first of each interval', () =>
    expect(drawn('abcdefghijk|', (s) => s.throttle(2, { keep: 'first' }))).resolves.toBe(
      'a-b-d-f-h-j|',
    ))

  test('gives what it holds when it is time, though nothing comes', async () => {
    expect(await drawn('ab-------|', (s) => s.throttle(3))).toBe('a--b-----|')
    expect(await drawn('abc------d-e-|', (s) => s.throttle(3))).toBe('a--c-----d--e|')
    expect(await drawn('abc---|', (s) => s.throttle(3, { keep: 'first' }))).toBe('a--b--|')
  })

  test('an error is not delayed', () =>
    expect(drawn('abc#', (s) => s.throttle(10))).resolves.toBe('a--#'))

  test('refuses another word', () => {
    expect(() => stream([1]).throttle(1, { keep: 'last' as never })).toThrow(
      "Stream.throttle: keep must be 'latest' or 'first', got \"last\" (string)",
    )
  })
})

describe('Stream.timeout', () => {
  test('throws TimeoutError at the gap, and the source is closed', async () => {
    expect(await drawn('a-b-----c-|', (s) => s.timeout(3))).toBe('a-b--#')
    await testRun(async () => {
      let closed = 0
      const source = stream(async function* () {
        try {
          yield 1
          await sleep(10)
        } finally {
          closed = now()
        }
      })
      await expect(source.timeout(4).toArray()).rejects.toBeInstanceOf(TimeoutError)
      expect(closed).toBe(4)
    })
  })

  test('counts from when an item is asked for: a slow consumer is not to blame', () =>
    expect(slowly('abc|', 5, (s) => s.timeout(2))).resolves.toBe('-----a----b----(c|)'))

  test('Infinity is no limit', () =>
    expect(drawn('a---b|', (s) => s.timeout(Infinity))).resolves.toBe('a---b|'))
})

describe('Stream.takeUntil', () => {
  test('ends when the work is done, or another source gives an item', async () => {
    expect(await drawn('a-b-----c-|', (s) => s.takeUntil(() => sleep(5)))).toBe('a-b--|')
    expect(await drawn('a-b-----c-|', (s) => s.takeUntil(marbles('---x|')))).toBe('a-b|')
  })

  test('a source that ends without an item does not end it', () =>
    expect(drawn('a-b--|', (s) => s.takeUntil(marbles('-|')))).resolves.toBe('a-b--|'))

  test('an error of either side is thrown', async () => {
    expect(await drawn('a-b--|', (s) => s.takeUntil(marbles('---#')))).toBe('a-b#')
    expect(await drawn('a-#', (s) => s.takeUntil(() => sleep(9)))).toBe('a-#')
  })

  test('what was ready before is still given', () =>
    expect(slowly('abc---|', 3, (s) => s.buffer(9).takeUntil(() => sleep(4)))).resolves.toBe(
      '---a--b--(c|)',
    ))

  test('when the source ends first, the work is cancelled', () =>
    testRun(async () => {
      let cancelled = false
      await stream([1])
        .takeUntil(() => sleep(Infinity).finally(() => (cancelled = true)))
        .toArray()
      expect(cancelled).toBe(true)
    }))
})

describe('Stream.chunk', () => {
  const joined = (chunks: Stream<string[]>): Stream<string> => chunks.map((chunk) => chunk.join(''))

  test('cuts by count, the last one shorter', async () => {
    expect(await drawn('abcde|', (s) => joined(s.chunk(3)))).toBe('--{abc}--({de}|)')
    expect(await drawn('|', (s) => joined(s.chunk(3)))).toBe('|')
    expect(await drawn('abc|', (s) => joined(s.chunk(3)))).toBe('--{abc}|')
  })

  test('an error drops the one that is being filled', async () => {
    expect(await drawn('abcd#', (s) => joined(s.chunk(3)))).toBe('--{abc}-#')
    expect(await drawn('abcd#', (s) => joined(s.chunk(3, { maxDelay: 9 })))).toBe('--{abc}-#')
  })

  test('none waits longer than maxDelay, counted from its first item; a full one begins it anew', async () => {
    expect(await drawn('ab-c-d----e|', (s) => joined(s.chunk(3, { maxDelay: 4 })))).toBe(
      '---{abc}-----d-(e|)',
    )
    expect(await drawn('abc-d---------|', (s) => joined(s.chunk(3, { maxDelay: 3 })))).toBe(
      '--{abc}----d------|',
    )
    expect(await drawn('abcd---------|', (s) => joined(s.chunk(3, { maxDelay: 5 })))).toBe(
      '--{abc}-----d----|',
    )
    expect(await drawn('a---b-|', (s) => joined(s.chunk(Infinity, { maxDelay: 2 })))).toBe(
      '--a---(b|)',
    )
  })

  test('a slow consumer holds the source back, and loses nothing', async () => {
    const line = await slowly('abcdef|', 5, (s) => joined(s.chunk(2, { maxDelay: 1 })))
    expect(line.replaceAll(/[^a-f]/g, '')).toBe('abcdef')
  })

  test('a source that has ended is not asked again', () =>
    testRun(async () => {
      expect(
        await stream(new Set([1, 2, 3]))
          .chunk(2)
          .chunk(2)
          .toArray(),
      ).toEqual([[[1, 2], [3]]])
    }))
})

describe('Stream.buffer and Stream.conflate', () => {
  test('a source is read ahead, up to the capacity and one in the hand', () =>
    testRun(async () => {
      const read: number[] = []
      const ahead = range(0, 100)
        .tap((n) => void read.push(n))
        .buffer(3)
      const walk = ahead[Symbol.asyncIterator]()
      await walk.next()
      await sleep(1)
      expect(read).toEqual([0, 1, 2, 3, 4])
      await walk.return()
      expect(read).toHaveLength(5)
    }))

  test('the producer works while the consumer does', () =>
    testRun(async () => {
      const source = range(0, 4, { delay: 10 })
      await source.tap(() => sleep(10)).toArray()
      expect(now()).toBe(80)
      await source
        .buffer(1)
        .tap(() => sleep(10))
        .toArray()
      expect(now()).toBe(80 + 50)
    }))

  test('conflate keeps the newest, and never holds the source up', () =>
    expect(slowly('abcdefghi|', 3, (s) => s.conflate())).resolves.toBe('---a--d--g--(i|)'))

  test('conflate gives the last one before the end or the error', async () => {
    expect(await slowly('abc|', 5, (s) => s.conflate())).toBe('-----a----(c|)')
    expect(await slowly('abc#', 5, (s) => s.conflate())).toBe('-----a----(c#)')
  })
})

describe('range', () => {
  test('counts up to the end, without it', () =>
    testRun(async () => {
      expect(await range(0, 3).toArray()).toEqual([0, 1, 2])
      expect(await range(2, 2).toArray()).toEqual([])
      expect(await range(0, Infinity).take(2).toArray()).toEqual([0, 1])
    }))

  test('with a delay each number takes that long to come', () =>
    expect(testRun(() => drawMarbles(range(0, 3, { delay: 2 })))).resolves.toBe('--0-1-(2|)'))

  test('refuses what is no number', () => {
    expect(() => range('a' as never, 2)).toThrow('range: from must be a number, got "a" (string)')
    expect(() => range(0, Number.NaN)).toThrow('range: to must be a number')
    expect(() => range(0, 1, { delay: -1 })).toThrow('range: delay')
  })
})

describe('interval', () => {
  const busy = (ms: readonly number[]) => (tick: number) => sleep(ms[tick] ?? 0)
  const times = (missed: 'burst' | 'delay' | 'skip'): Promise<[number, number][]> =>
    testRun(async () => {
      const seen: [number, number][] = []
      const ticks = interval(10, { missed }).take(4)
      await ticks.tap((tick) => void seen.push([tick, now()])).forEach(busy([25]))
      return seen
    })

  test('ticks on the beat, from the first one after ms', () =>
    expect(testRun(() => drawMarbles(interval(3).take(3)))).resolves.toBe('---0--1--(2|)'))

  test('burst: what was missed comes at once', () =>
    expect(times('burst')).resolves.toEqual([
      [0, 10],
      [1, 35],
      [2, 35],
      [3, 40],
    ]))

  test('delay: the next one comes ms after', () =>
    expect(times('delay')).resolves.toEqual([
      [0, 10],
      [1, 35],
      [2, 45],
      [3, 55],
    ]))

  test('skip: the next one comes when it would have come anyway', () =>
    expect(times('skip')).resolves.toEqual([
      [0, 10],
      [1, 35],
      [3, 40],
      [4, 50],
    ]))

  test('refuses no time and other words', () => {
    expect(() => interval(0)).toThrow('interval: ms must be more than 0')
    expect(() => interval(-1)).toThrow('interval: ms')
    expect(() => interval(1, { missed: 'no' as never })).toThrow(
      "interval: missed must be 'burst', 'delay' or 'skip', got \"no\" (string)",
    )
  })

  test('beside a source that ends, it is cancelled with what reads it', () =>
    testRun(async () => {
      expect(await merge(interval(1), range(0, 1)).take(3).toArray()).toEqual([0, 0, 1])
    }))
})
