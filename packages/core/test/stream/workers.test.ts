import { now, Queue, range, sleep, stream, TaskCancelledError, taskGroup, spawn } from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, test } from 'vitest'
import { slow } from './stages.ts'

describe('Stream.map, concurrent', () => {
  test.each([true, false])('ordered: %s, at most n are at work, each gives its result', (ordered) =>
    testRun(async () => {
      let [running, most] = [0, 0]
      const got = await range(0, 20)
        .map(
          async (n) => {
            most = Math.max(most, ++running)
            await sleep(20 - n)
            running -= 1
            return n
          },
          { concurrency: 4, ordered },
        )
        .toArray()
      expect(most).toBe(4)
      expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
      expect(got.join() === got.toSorted((a, b) => a - b).join()).toBe(ordered)
    }),
  )

  test('unordered, results come as they are ready', () =>
    testRun(async () => {
      const delays = [3, 1, 2]
      const got = await stream(delays)
        .map((ms) => sleep(ms).then(() => ms), { concurrency: 3, ordered: false })
        .toArray()
      expect(got).toEqual([1, 2, 3])
    }))

  test('at most n are begun and not yet taken', () =>
    testRun(async () => {
      const begun: number[] = []
      const made = range(0, 100).map(async (n) => void begun.push(n), { concurrency: 3 })
      const walk = made[Symbol.asyncIterator]()
      await walk.next()
      await sleep(1)
      expect(begun).toEqual([0, 1, 2, 3])
      await walk.return()
    }))

  test('the first failure cancels what is at work, awaits it, and is thrown after what was ready', () =>
    testRun(async () => {
      let cleaned = 0
      const error = new RangeError('third')
      const got: number[] = []
      const loop = range(0, 9)
        .map(
          async (n) => {
            if (n < 2) return n
            try {
              await sleep(n === 3 ? 1 : 1000)
            } finally {
              cleaned += 1
            }
            throw error
          },
          { concurrency: 5 },
        )
        .forEach((n) => void got.push(n))
      await expect(loop).rejects.toBe(error)
      expect(got).toEqual([0, 1])
      expect(cleaned).toBe(5)
      expect(now()).toBe(1)
    }))

  test('left early, what is at work is cancelled and awaited', () =>
    testRun(async () => {
      let ended = 0
      const made = range(0, 9).map(
        async (n) => {
          if (n > 0) await sleep(Infinity).finally(() => (ended += 1))
          return n
        },
        { concurrency: 3 },
      )
      for await (const n of made) {
        expect(n).toBe(0)
        await sleep(1)
        break
      }
      expect(ended).toBe(3)
    }))

  test('Infinity works on all there is', () =>
    testRun(async () => {
      await range(0, 1000)
        .map(() => sleep(5), { concurrency: Infinity })
        .toArray()
      expect(now()).toBe(5)
    }))

  test('each is at work in a task of its own, and children of it are awaited at the end', () =>
    testRun(async () => {
      let children = 0
      await range(0, 3)
        .map(
          async () =>
            void spawn(async () => {
              await sleep(5)
              children += 1
            }),
          { concurrency: 3 },
        )
        .toArray()
      expect(children).toBe(3)
    }))

  test('falsy results pass', () =>
    testRun(async () => {
      const falsy = [0, '', null, undefined, false]
      expect(
        await stream(falsy)
          .map((x) => x, { concurrency: 2 })
          .toArray(),
      ).toEqual(falsy)
    }))
})

describe('Stream.retry', () => {
  test('walks the source again with its delays, and gives the last error', () =>
    testRun(async () => {
      let walks = 0
      const source = stream(async function* () {
        walks += 1
        yield walks
        throw new RangeError(`walk ${walks}`)
      })
      const got: number[] = []
      const loop = source.retry({ attempts: 3, backoff: [10, 20] }).forEach((n) => void got.push(n))
      await expect(loop).rejects.toThrow('walk 3')
      expect(got).toEqual([1, 2, 3])
      expect(now()).toBe(30)
    }))

  test('a failure behind it is none of its business', () =>
    testRun(async () => {
      let walks = 0
      const source = stream(() => {
        walks += 1
        return [1]
      })
      const failing = source.retry().map(() => Promise.reject(new RangeError('later')))
      await expect(failing.toArray()).rejects.toThrow('later')
      expect(walks).toBe(1)
    }))

  test('the source of a failed walk is closed before the next', () =>
    testRun(async () => {
      const log: string[] = []
      const failing = slow(log).map((n) => (n === 1 ? Promise.reject(new RangeError('x')) : n))
      await expect(failing.retry({ attempts: 2, backoff: [1] }).toArray()).rejects.toThrow('x')
      expect(log).toEqual(['open', 'closing', 'closed', 'open', 'closing', 'closed'])
    }))
})

describe('Stream.share', () => {
  test('one walk for all who read at the same time; the next begins anew', () =>
    testRun(async () => {
      const log: string[] = []
      const shared = slow(log).take(3).share()
      const both = await Promise.all([shared.toArray(), shared.toArray()])
      expect(both).toEqual([
        [0, 1, 2],
        [0, 1, 2],
      ])
      expect(log).toEqual(['open', 'closing', 'closed'])
      await shared.toArray()
      expect(log).toHaveLength(6)
    }))

  test('who comes later gets what comes from then on', () =>
    testRun(async () => {
      const shared = slow([]).take(4).share()
      const first = spawn(() => shared.toArray())
      await sleep(2.5)
      expect(await shared.toArray()).toEqual([2, 3])
      expect(await first).toEqual([0, 1, 2, 3])
    }))

  test('the slowest holds the source back', () =>
    testRun(async () => {
      const shared = range(0, 5).share()
      const fast: number[] = []
      await taskGroup(async (group) => {
        group.spawn(() => shared.forEach((n) => void fast.push(n)))
        group.spawn(() => shared.tap(() => sleep(10)).toArray())
        await sleep(15)
        expect(fast.length).toBeLessThan(5)
      })
      expect(fast).toEqual([0, 1, 2, 3, 4])
    }))

  test('or loses the oldest', () =>
    testRun(async () => {
      const shared = range(0, 50).share({ capacity: 2, drop: 'oldest' })
      const [fast, slowest] = await Promise.all([
        shared.toArray(),
        shared.tap(() => sleep(10)).toArray(),
      ])
      expect(fast.at(-1)).toBe(49)
      expect(slowest.slice(-2)).toEqual([48, 49])
      expect(slowest.length).toBeLessThan(10)
    }))

  test('one who leaves does not disturb the others, the last one closes the source', () =>
    testRun(async () => {
      const log: string[] = []
      const shared = slow(log).share()
      const [short, long] = await Promise.all([shared.take(1).toArray(), shared.take(3).toArray()])
      expect([short, long]).toEqual([[0], [0, 1, 2]])
      expect(log).toEqual(['open', 'closing', 'closed'])
    }))

  test('one who leaves while the source waits for it lets it go on', () =>
    testRun(async () => {
      const shared = range(0, 5).share()
      const walk = shared[Symbol.asyncIterator]()
      const all = spawn(() => shared.toArray())
      await walk.next()
      await sleep(1)
      await walk.return()
      expect(await all).toEqual([0, 1, 2, 3, 4])
    }))

  test('an error reaches all of them', () =>
    testRun(async () => {
      const error = new RangeError('mine')
      const shared = slow([], { at: 2, error }).share()
      const both = await Promise.allSettled([shared.toArray(), shared.toArray()])
      expect(both.map((result) => result.status === 'rejected' && result.reason)).toEqual([
        error,
        error,
      ])
    }))

  test('it runs in the task where it was made: with that it ends', () =>
    testRun(async () => {
      let walk: AsyncIterator<number> | undefined
      const owner = spawn(async () => {
        walk = slow([]).share()[Symbol.asyncIterator]()
        await sleep(Infinity)
      })
      await sleep(1)
      const reader = spawn(() => walk?.next())
      await reader
      const next = spawn(async () => {
        await expect(walk?.next()).rejects.toBeInstanceOf(TaskCancelledError)
      })
      await sleep(0)
      owner.cancel()
      await next
      await owner.settled()
    }))
})

describe('Stream.pipeTo', () => {
  test('puts all items, waits for room, and closes the queue', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 2 })
      const got: number[] = []
      await taskGroup(async (group) => {
        group.spawn(() => range(0, 10).pipeTo(queue))
        group.spawn(async () => {
          for await (const item of queue) got.push(item)
        })
      })
      expect(got).toHaveLength(10)
      expect(queue.closed).toBe(true)
    }))

  test('leaves it open when told to, or when it fails', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await range(0, 2).pipeTo(queue, { close: false })
      await expect(slow([], { at: 0, error: 'bad' }).pipeTo(queue)).rejects.toBe('bad')
      expect([queue.size, queue.closed]).toEqual([2, false])
    }))

  test('a queue that is closed meanwhile closes the source', () =>
    testRun(async () => {
      const log: string[] = []
      const queue = new Queue<number>({ capacity: 1 })
      const pipe = spawn(() =>
        slow(log)
          .pipeTo(queue)
          .catch((error: unknown) => error),
      )
      await sleep(5)
      queue.close()
      expect(await pipe).toHaveProperty('code', 'CLOSED')
      expect(log).toEqual(['open', 'closing', 'closed'])
    }))
})
