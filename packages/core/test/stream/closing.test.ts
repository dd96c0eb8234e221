import { concat, gather, range, sleep, stream } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'

describe('Stream.chunk with maxDelay', () => {
  async function* source(): AsyncGenerator<number> {
    yield 1
    await sleep(10)
    yield 2
    await sleep(40)
  }

  test('loses no chunk that waits for a slow reader when the source ends', () =>
    testRun(async () => {
      const got: number[][] = []
      await stream(source)
        .chunk(5, { maxDelay: 5 })
        .forEach(async (chunk) => {
          got.push(chunk)
          await sleep(100)
        })
      expect(got).toEqual([[1], [2]])
    }))

  test('gives a chunk that waits for a slow reader before the error of the source', () =>
    testRun(async () => {
      const got: number[][] = []
      const failing = async function* (): AsyncGenerator<number> {
        yield* source()
        throw new RangeError('mine')
      }
      const work = stream(failing)
        .chunk(5, { maxDelay: 5 })
        .forEach(async (chunk) => {
          got.push(chunk)
          await sleep(100)
        })
      await expect(work).rejects.toThrow('mine')
      expect(got).toEqual([[1], [2]])
    }))

  test('counts the delay of a chunk from its own first item', () =>
    testRun(async () => {
      const late = async function* (): AsyncGenerator<string> {
        await sleep(90)
        yield 'c'
        await sleep(60)
        yield 'd'
      }
      const chunks = await concat(['a', 'b'], late).chunk(2, { maxDelay: 100 }).toArray()
      expect(chunks).toEqual([
        ['a', 'b'],
        ['c', 'd'],
      ])
    }))
})

describe('a stream that is closed twice at once', () => {
  test.each([
    ['buffer', () => stream(slow).buffer(0).take(1)],
    [
      'map',
      () =>
        stream(slow)
          .map(async (n) => n, { concurrency: 2 })
          .take(1),
    ],
    ['flatMap', () => range(0, 3).flatMap(() => stream(slow).buffer(0).take(1))],
  ])('ends for both who wait: %s', (_, make) =>
    testRun(async () => {
      const walk = make()[Symbol.asyncIterator]()
      await walk.next()
      const end = walk.next() // take closes its source here
      await sleep(10)
      const results = await gather([() => end, () => walk.return()])
      expect(results[1]).toEqual({ done: true, value: undefined })
    }),
  )

  async function* slow(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      await sleep(50)
    }
  }
})

describe('Stream.flatMap', () => {
  test('closed while its function works opens nothing more', () =>
    testRun(async () => {
      let [opened, closed] = [0, 0]
      const inner = async function* (): AsyncGenerator<number> {
        opened += 1
        try {
          yield 1
        } finally {
          closed += 1
        }
      }
      const flat = range(0, 5).flatMap(async () => {
        await sleep(10)
        return inner
      })
      const walk = flat[Symbol.asyncIterator]()
      const next = walk.next()
      await sleep(2)
      await walk.return()
      expect([await next, opened, closed]).toEqual([{ done: true, value: undefined }, 0, 0])
    }))
})
