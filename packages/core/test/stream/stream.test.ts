import {
  CancelScope,
  isCancelled,
  MisuseError,
  moveOnAfter,
  now,
  Queue,
  range,
  run,
  shield,
  sleep,
  spawn,
  stream,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import type { Stream } from 'corral'
import { snapshot } from 'corral/lowlevel'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { unhandled } from '../flow/harness.ts'
import { slow, stages } from './stages.ts'

const beside = stages.filter((stage) => stage.beside)

describe('every stage', () => {
  test.each(stages)('$name: lets 100 000 items through', ({ put, lossy }) =>
    run(
      async () => {
        const items = await put(range(0, 100_000)).toArray()
        if (lossy === undefined) expect(items.length).toBe(100_000)
        expect(items.at(-1)).toBe(99_999)
      },
      { handleSignals: false },
    ),
  )

  test.each(stages)(
    '$name: takes nothing before it is walked, and begins anew each time',
    ({ put }) =>
      testRun(async () => {
        const log: string[] = []
        const made = put(slow(log))
        await sleep(10)
        expect(log).toEqual([])
        for (let walks = 1; walks <= 2; walks++) {
          expect(await made.take(2).toArray()).toHaveLength(2)
          expect(log.filter((line) => line === 'open')).toHaveLength(walks)
          expect(log.filter((line) => line === 'closed')).toHaveLength(walks)
        }
      }),
  )

  test.each(stages)('$name: a loop that is left closes the source and waits for that', ({ put }) =>
    testRun(async () => {
      const log: string[] = []
      for await (const item of put(slow(log))) {
        expect(item).toBe(0)
        break
      }
      expect(log).toEqual(['open', 'closing', 'closed'])
    }),
  )

  test.each(stages)('$name: an error in the loop closes the source, and is thrown', ({ put }) =>
    testRun(async () => {
      const log: string[] = []
      const error = new RangeError('mine')
      const loop = async (): Promise<void> => {
        for await (const item of put(slow(log))) {
          expect(item).toBe(0)
          throw error
        }
      }
      await expect(loop()).rejects.toBe(error)
      expect(log).toEqual(['open', 'closing', 'closed'])
    }),
  )

  test.each(stages)(
    '$name: an error of the source is thrown as it is, after what was ready',
    ({ put }) =>
      testRun(async () => {
        const log: string[] = []
        const error = new RangeError('mine')
        const items: unknown[] = []
        const loop = put(slow(log, { at: 3, error })).forEach((item) => void items.push(item))
        await expect(loop).rejects.toBe(error)
        expect(items).toEqual([0, 1, 2])
        expect(log).toEqual(['open', 'closing', 'closed'])
      }),
  )

  test.each(stages)(
    '$name: cancelled while it waits, it closes the source before it throws',
    ({ put }) =>
      testRun(async () => {
        const log: string[] = []
        const scope = new CancelScope({ deadline: 3.5 })
        await scope.run(async () => {
          try {
            await put(slow(log)).forEach(() => {})
          } catch (error) {
            expect(isCancelled(error)).toBe(true)
            log.push('thrown')
            throw error
          }
        })
        expect(scope.cancelledCaught).toBe(true)
        expect(log).toEqual(['open', 'closing', 'closed', 'thrown'])
      }),
  )

  test.each(stages)(
    '$name: cancelled between two items, next throws and the source is closed',
    ({ put }) =>
      testRun(async () => {
        const log: string[] = []
        const scope = new CancelScope()
        await scope.run(async () => {
          for await (const item of put(slow(log))) {
            expect(item).toBe(0)
            scope.cancel()
          }
        })
        expect(scope.cancelledCaught).toBe(true)
        expect(log).toEqual(['open', 'closing', 'closed'])
      }),
  )

  test.each(stages)('$name: in a cancelled scope it does not begin', ({ put }) =>
    testRun(async () => {
      const log: string[] = []
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(async () => {
        await expect(put(slow(log))[Symbol.asyncIterator]().next()).rejects.toSatisfy(isCancelled)
        await put(slow(log)).toArray()
      })
      expect(scope.cancelledCaught).toBe(true)
      expect(log).toEqual([])
    }),
  )

  test.each(stages)(
    '$name: an iterator that is dropped is closed when the scope around it ends',
    ({ put }) =>
      testRun(async () => {
        const log: string[] = []
        await spawn(async () => {
          await put(slow(log))[Symbol.asyncIterator]().next()
        })
        expect(log).toEqual(['open', 'closing', 'closed'])
        await timeout(1000, async () => {
          await put(slow(log))[Symbol.asyncIterator]().next()
        })
        await taskGroup(async () => {
          await put(slow(log))[Symbol.asyncIterator]().next()
        })
        await sleep(10)
        expect(log.filter((line) => line === 'closed')).toHaveLength(3)
      }),
  )

  test.each(stages)(
    '$name: return while next waits ends both, and waits for the source',
    ({ put }) =>
      testRun(async () => {
        const log: string[] = []
        const walk = put(slow(log))[Symbol.asyncIterator]()
        await walk.next()
        const next = walk.next()
        await expect(walk.return()).resolves.toEqual({ done: true, value: undefined })
        expect(log).toEqual(['open', 'closing', 'closed'])
        expect(await next).toBeDefined()
        await expect(walk.next()).resolves.toEqual({ done: true, value: undefined })
      }),
  )

  test.each(beside)('$name: return ends a source that would never give anything', ({ put }) =>
    testRun(async () => {
      const walk = put(stream(() => forever()))[Symbol.asyncIterator]()
      const next = walk.next()
      await sleep(1)
      await walk.return()
      await expect(next).resolves.toEqual({ done: true, value: undefined })
      expect(now()).toBe(1)
    }),
  )

  test.each(stages)('$name: each item goes to one of two who share an iterator', ({ put, lossy }) =>
    testRun(async () => {
      const walk = put(slow([]).take(20))[Symbol.asyncIterator]()
      const seen: unknown[] = []
      const loop = async (): Promise<void> => {
        for await (const item of walk) seen.push(item)
      }
      await Promise.all([loop(), loop()])
      if (lossy === undefined) expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n))
      expect(seen.at(-1)).toBe(19)
    }),
  )

  test.each(stages)('$name: two loops over one stream do not disturb each other', ({ put }) =>
    testRun(async () => {
      const made = put(slow([]).take(20))
      const [short, long] = await Promise.all([made.take(3).toArray(), made.toArray()])
      expect(short).toEqual([0, 1, 2])
      expect(long).toEqual(Array.from({ length: 20 }, (_, n) => n))
    }),
  )

  test.each(beside)('$name: a generator may have a task group open while it yields', ({ put }) =>
    testRun(async () => {
      const error = new RangeError('of a task of the generator')
      const source = stream(async function* () {
        yield 0
        spawn(() => sleep(2).then(() => Promise.reject(error)))
        for (let n = 1; ; n++) {
          await sleep(1)
          yield n
        }
      })
      const walk = put(source)[Symbol.asyncIterator]()
      // The first step is asked for in a scope that has ended long before the last one.
      await timeout(100, () => walk.next())
      const rest = async (): Promise<void> => {
        for await (const item of walk) expect(item).toBeGreaterThan(0)
      }
      await expect(rest()).rejects.toBe(error)
    }),
  )

  test.each(beside)('$name: leaves no scope behind', ({ put }) =>
    testRun(async () => {
      const before = JSON.stringify(snapshot())
      await put(range(0, 5)).toArray()
      expect(JSON.stringify(snapshot())).toBe(before)
    }),
  )

  type Bad = (n: number) => unknown
  const working: readonly [string, (source: Stream<number>, bad: Bad) => Promise<unknown>][] = [
    ['map', (s, bad) => s.map(bad).toArray()],
    ['map, concurrent', (s, bad) => s.map(bad, { concurrency: 3 }).toArray()],
    ['map, unordered', (s, bad) => s.map(bad, { concurrency: 3, ordered: false }).toArray()],
    ['filter', (s, bad) => s.filter(bad).toArray()],
    ['flatMap', (s, bad) => s.flatMap((n) => bad(n) as number[]).toArray()],
    [
      'flatMap, concurrent',
      (s, bad) => s.flatMap((n) => bad(n) as number[], { concurrency: 3 }).toArray(),
    ],
    ['scan', (s, bad) => s.scan<unknown>((_, n) => bad(n), undefined).toArray()],
    ['tap', (s, bad) => s.tap(bad).toArray()],
    ['forEach', (s, bad) => s.forEach(bad)],
    ['reduce', (s, bad) => s.reduce<unknown>((_, n) => bad(n), undefined)],
    ['pipeTo', (s, bad) => s.pipeTo({ put: async (n) => bad(n), close: () => {} })],
  ]

  test.each(working)(
    '%s: an error of its work closes the source, and is thrown as it is',
    (_, use) =>
      testRun(async () => {
        for (const fails of [
          (error: unknown): never => {
            throw error
          },
          async (error: unknown): Promise<never> => {
            await sleep(1)
            throw error
          },
        ]) {
          const log: string[] = []
          const error = new RangeError('mine')
          const source = slow(log)
          await expect(use(source, (n) => (n === 2 ? fails(error) : [n]))).rejects.toBe(error)
          expect(log).toEqual(['open', 'closing', 'closed'])
          expect(error).not.toHaveProperty('suppressed')
        }
      }),
  )

  const inner = stages.filter((stage) => stage.lossy === undefined)

  test('any of them in any order give what arrays give', async () => {
    const step = fc.oneof(
      fc.constant<[string, Shape]>([
        'map',
        { s: (s) => s.map((n) => n * 3), a: (a) => a.map((n) => n * 3) },
      ]),
      fc.constant<[string, Shape]>([
        'filter',
        { s: (s) => s.filter((n) => n % 2 === 0), a: (a) => a.filter((n) => n % 2 === 0) },
      ]),
      fc.constant<[string, Shape]>([
        'flatMap',
        { s: (s) => s.flatMap((n) => [n, n + 1]), a: (a) => a.flatMap((n) => [n, n + 1]) },
      ]),
      fc.constant<[string, Shape]>([
        'scan',
        {
          s: (s) => s.scan((sum, n) => sum + n, 0),
          a: (a) => a.map((_, i) => sumOf(a.slice(0, i + 1))),
        },
      ]),
      fc
        .nat(6)
        .map<[string, Shape]>((n) => [
          `take ${n}`,
          { s: (s) => s.take(n), a: (a) => a.slice(0, n) },
        ]),
      fc
        .nat(6)
        .map<[string, Shape]>((n) => [`skip ${n}`, { s: (s) => s.skip(n), a: (a) => a.slice(n) }]),
      fc
        .integer({ min: 1, max: 4 })
        .map<[string, Shape]>((n) => [
          `chunk ${n}`,
          { s: (s) => s.chunk(n).map(sumOf), a: (a) => chunksOf(a, n).map(sumOf) },
        ]),
      fc
        .constantFrom(
          ...inner.filter(({ name }) => !['map, unordered', 'distinctUntilChanged'].includes(name)),
        )
        .filter(({ name }) => !name.startsWith('flatMap, c'))
        .map<[string, Shape]>(({ name, put }) => [
          name,
          { s: (s) => put(s) as Stream<number>, a: (a) => a },
        ]),
    )
    const items = fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        items,
        fc.array(step, { maxLength: 5 }),
        fc.constantFrom('array', 'iterator', 'generator'),
        (items, steps, kind) =>
          testRun(async () => {
            let made: Stream<number> = stream(
              kind === 'array'
                ? items
                : kind === 'iterator'
                  ? () => items.values()
                  : () => later(items),
            )
            let expected: number[] = items
            for (const [, { s, a }] of steps) {
              made = s(made)
              expected = a(expected)
            }
            expect(await made.toArray()).toEqual(expected)
            const looped: number[] = []
            for await (const item of made) looped.push(item)
            expect(looped).toEqual(expected)
          }),
      ),
      { numRuns: 150 },
    )
  })
})

interface Shape {
  readonly s: (s: Stream<number>) => Stream<number>
  readonly a: (a: number[]) => number[]
}

function sumOf(items: readonly number[]): number {
  return items.reduce((a, b) => a + b, 0)
}

function chunksOf(items: number[], size: number): number[][] {
  const chunks: number[][] = []
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size))
  return chunks
}

async function* later(items: readonly number[]): AsyncGenerator<number> {
  for (const item of items) {
    if (item % 3 === 0) await sleep(1)
    yield item
  }
}

async function* forever(): AsyncGenerator<number> {
  yield* range(0, 1, { delay: Infinity })
}

describe('a walk', () => {
  test('begins with the first next: return before that opens nothing', () =>
    testRun(async () => {
      const log: string[] = []
      const walk = slow(log)[Symbol.asyncIterator]()
      await walk.return()
      await expect(walk.next()).resolves.toEqual({ done: true, value: undefined })
      expect(log).toEqual([])
    }))

  test('is a resource: await using closes it', () =>
    testRun(async () => {
      const log: string[] = []
      {
        await using walk = slow(log).buffer(1)[Symbol.asyncIterator]()
        await walk.next()
      }
      expect(log).toEqual(['open', 'closing', 'closed'])
    }))

  test('closes once, however often and by whom it is told to', () =>
    testRun(async () => {
      const log: string[] = []
      const walk = slow(log).buffer(1)[Symbol.asyncIterator]()
      await walk.next()
      await Promise.all([walk.return(), walk.return(), walk.return()])
      expect(log).toEqual(['open', 'closing', 'closed'])
    }))

  test('return waits for the work of a stage that is under way', () =>
    testRun(async () => {
      let ended = false
      const made = range(0, 5).map(async (n) => {
        await sleep(10)
        ended = n === 0
        return n
      })
      const walk = made[Symbol.asyncIterator]()
      const next = walk.next()
      await walk.return()
      expect(ended).toBe(true)
      expect(await next).toEqual({ done: false, value: 0 })
    }))

  test('after return no further item is worked on', () =>
    testRun(async () => {
      let seen = 0
      const made = range(0, 10)
        .buffer(9)
        .filter(async () => {
          seen += 1
          await sleep(10)
          return false
        })
      const walk = made[Symbol.asyncIterator]()
      const next = walk.next()
      await sleep(15)
      await walk.return()
      expect(await next).toEqual({ done: true, value: undefined })
      expect(seen).toBe(2)
    }))

  test('cancelled by its own work, it takes no further item though all are ready', () =>
    testRun(async () => {
      const seen: number[] = []
      const scope = new CancelScope()
      await scope.run(() =>
        range(0, 9).forEach((n) => {
          seen.push(n)
          if (n === 1) scope.cancel()
        }),
      )
      expect(seen).toEqual([0, 1])
    }))

  test('in a cancelled scope cleanup that waits is done to its end', () =>
    testRun(async () => {
      let cleaned = 0
      const scope = new CancelScope()
      await scope.run(async () => {
        const source = async function* (): AsyncGenerator<number> {
          try {
            for (let n = 0; ; n++) yield n
          } finally {
            await sleep(5)
            cleaned = now()
          }
        }
        for await (const item of stream(source)) if (item === 1) scope.cancel()
      })
      expect(cleaned).toBe(5)
    }))

  test('closes iterators that do not wait, too', () =>
    testRun(async () => {
      let closed = 0
      const source = function* (): Generator<number> {
        try {
          for (let n = 0; ; n++) yield n
        } finally {
          closed += 1
        }
      }
      await stream(source).take(3).toArray()
      for await (const item of stream(source).map((n) => n)) if (item === 1) break
      await stream(source)
        .forEach(() => Promise.reject(new RangeError('x')))
        .catch(() => {})
      expect(closed).toBe(3)
    }))

  test('a next that nobody awaits and that is cancelled is not reported', async () => {
    const reported = await unhandled(() =>
      run(
        async () => {
          const scope = new CancelScope()
          await scope.run(async () => {
            void stream(forever)[Symbol.asyncIterator]().next()
            scope.cancel()
            await sleep(0)
          })
        },
        { handleSignals: false },
      ),
    )
    expect(reported).toEqual([])
  })

  test('return while a failed next still closes waits for that', () =>
    testRun(async () => {
      const log: string[] = []
      const walk = slow(log, { at: 1, error: 'bad' }).take(3)[Symbol.asyncIterator]()
      await walk.next()
      const failing = walk.next().catch((error: unknown) => error)
      const bad = slow(log).map(() => Promise.reject(new RangeError('bad')))
      const second = bad[Symbol.asyncIterator]()
      const next = second.next().catch((error: unknown) => error)
      await sleep(2)
      await second.return()
      expect(log.filter((line) => line === 'closed')).toHaveLength(2)
      expect(await failing).toBe('bad')
      expect(await next).toBeInstanceOf(RangeError)
    }))

  test('several next at once are served in order', () =>
    testRun(async () => {
      const walk = slow([]).take(3)[Symbol.asyncIterator]()
      const steps = await Promise.all([walk.next(), walk.next(), walk.next(), walk.next()])
      expect(steps.map((step) => step.value)).toEqual([0, 1, 2, undefined])
    }))

  test('a next that is cancelled in line leaves the walk to the others', () =>
    testRun(async () => {
      const walk = slow([])[Symbol.asyncIterator]()
      const first = walk.next()
      const second = moveOnAfter(0.5, () => walk.next())
      expect(await first).toEqual({ done: false, value: 0 })
      expect((await second).timedOut).toBe(true)
      expect(await walk.next()).toEqual({ done: false, value: 1 })
      await walk.return()
    }))

  test('a next that is cancelled ends the walk', () =>
    testRun(async () => {
      const log: string[] = []
      const walk = slow(log)[Symbol.asyncIterator]()
      await expect(timeout(0.5, () => walk.next())).rejects.toBeInstanceOf(TimeoutError)
      expect(log).toEqual(['open', 'closing', 'closed'])
      await expect(walk.next()).resolves.toEqual({ done: true, value: undefined })
    }))

  test('lives where it was made: a scope around one next may end', () =>
    testRun(async () => {
      const walk = slow([]).buffer(2)[Symbol.asyncIterator]()
      const seen: unknown[] = []
      for (let i = 0; i < 3; i++) seen.push((await timeout(100, () => walk.next())).value)
      expect(seen).toEqual([0, 1, 2])
      await walk.return()
    }))

  test('that nobody awaits any more ends with its task, which is reported', async () => {
    const log: string[] = []
    const forgotten = testRun(async () => {
      await spawn(async () => {
        void slow(log)
          .buffer(1)
          .forEach(() => {})
          .catch(() => {}) // told, if anybody listens
        await sleep(2)
      })
      await sleep(10)
    })
    await expect(forgotten).rejects.toThrow('which nobody awaited when its scope ended')
    expect(log).toEqual(['open', 'closing', 'closed'])
  })

  test('cleanup that fails when a loop is left is thrown, and kept beside the error of the loop', () =>
    testRun(async () => {
      const second = new RangeError('in cleanup')
      const source = stream(async function* () {
        try {
          for (;;) yield 1
        } finally {
          // oxlint-disable-next-line no-unsafe-finally
          throw second
        }
      })
      for (const made of [
        source,
        source.buffer(2),
        source.map(async (n) => n, { concurrency: 2 }),
      ]) {
        const leave = async (): Promise<void> => {
          for await (const item of made) if (item === 1) break
        }
        await expect(leave()).rejects.toBe(second)
        const first = new RangeError('in use')
        const use = made.forEach(() => Promise.reject(first))
        await expect(use).rejects.toBe(first)
        expect((first as { suppressed?: unknown }).suppressed).toEqual([second])
      }
    }))

  test('an item that was granted and then cancelled is not lost', () =>
    testRun(async () => {
      for (const walk of [
        (source: Stream<number>, got: number[]) => source.forEach((n) => void got.push(n)),
        async (source: Stream<number>, got: number[]) => {
          for await (const n of source.map((n) => n)) got.push(n)
        },
      ]) {
        const queue = new Queue<number>()
        const got: number[] = []
        const scope = new CancelScope()
        const reader = spawn(() => scope.run(() => walk(stream(queue), got)))
        await sleep(1)
        expect(queue.tryPut(7)).toBe(true)
        scope.cancel()
        await reader
        expect([got, queue.size]).toEqual([[7], 0])
      }
    }))

  test('an item that a foreign iterator had under way when it was cancelled is not lost', () =>
    testRun(async () => {
      const given: number[] = []
      const got: number[] = []
      const foreign: AsyncIterable<number> = {
        [Symbol.asyncIterator]() {
          let n = 0
          return {
            async next() {
              await shield(() => sleep(2))
              given.push(n)
              return { done: false, value: n++ }
            },
            async return() {
              return { done: true, value: undefined }
            },
          }
        },
      }
      await moveOnAfter(5, () => stream(foreign).forEach((n) => void got.push(n)))
      expect(given.length).toBeGreaterThan(1)
      expect(got).toEqual(given)
    }))

  test('outside of any run works too', async () => {
    expect(await range(0, 3).buffer(1).toArray()).toEqual([0, 1, 2])
    for await (const item of range(0, 3).buffer(1)) {
      expect(item).toBe(0)
      break
    }
  })

  test('gives others a turn while all items are ready', () =>
    run(
      async () => {
        let turns = 0
        const over = { yet: false }
        const others = spawn(async () => {
          while (!over.yet) {
            turns += 1
            await sleep(0)
          }
        })
        const endless = range(0, Infinity).filter(() => false)
        const moved = await moveOnAfter(1, () => endless.toArray())
        expect(moved.timedOut).toBe(true)
        over.yet = true
        await others
        expect(turns).toBeGreaterThan(0)
      },
      { handleSignals: false },
    ))
})

describe('stream', () => {
  test('takes iterables, async iterables, strings, sets, functions and promises as items', () =>
    testRun(async () => {
      expect(await stream(new Set([1, 2])).toArray()).toEqual([1, 2])
      expect(await stream('ab').toArray()).toEqual(['a', 'b'])
      expect(await stream(() => [1]).toArray()).toEqual([1])
      expect(await stream([Promise.resolve(1), 2, spawn(() => 3)]).toArray()).toEqual([1, 2, 3])
      expect(await stream(new Set([Promise.resolve(1)])).toArray()).toEqual([1])
      expect(await stream(later([1, 3])).toArray()).toEqual([1, 3])
      expect(await stream(stream([1])).toArray()).toEqual([1])
    }))

  test('falsy items pass', () =>
    testRun(async () => {
      const falsy = [0, '', null, undefined, false, Number.NaN]
      expect(await stream(falsy).toArray()).toEqual(falsy)
      for (const { put, lossy } of stages) {
        if (lossy === true) continue
        expect(await put(stream(falsy as number[])).toArray()).toEqual(falsy)
      }
    }))

  test('what cannot be walked is refused', () => {
    expect(() => stream(5 as never)).toThrow(MisuseError)
    expect(() => stream(null as never)).toThrow(
      'stream: source must be iterable, async iterable, or a function that returns such, got null',
    )
    expect(() => stream(Promise.resolve([1]) as never)).toThrow('got Promise (object)')
  })

  test('bad arguments are refused at the call', () => {
    const s = stream([1])
    expect(() => s.map(5 as never)).toThrow('Stream.map: fn must be a function, got 5 (number)')
    expect(() => s.map((n) => n, { concurrency: 0 })).toThrow('Stream.map: concurrency must be')
    expect(() => s.filter(null as never)).toThrow('Stream.filter: fn')
    expect(() => s.flatMap(1 as never)).toThrow('Stream.flatMap: fn')
    expect(() => s.flatMap((n) => [n], { concurrency: -1 })).toThrow('Stream.flatMap: concurrency')
    expect(() => s.scan(1 as never, 0)).toThrow('Stream.scan: fn')
    expect(() => s.take(-1)).toThrow('Stream.take: count must be a whole number of at least 0')
    expect(() => s.skip(1.5)).toThrow('Stream.skip: count')
    expect(() => s.takeUntil(5 as never)).toThrow('Stream.takeUntil: stop must be')
    expect(() => s.chunk(0)).toThrow('Stream.chunk: size')
    expect(() => s.chunk(1, { maxDelay: -1 })).toThrow('Stream.chunk: maxDelay')
    expect(() => s.buffer(-1)).toThrow('Stream.buffer: capacity')
    expect(() => s.debounce(Number.NaN)).toThrow('Stream.debounce: ms')
    expect(() => s.throttle('1' as never)).toThrow('Stream.throttle: ms')
    expect(() => s.timeout(-1)).toThrow('Stream.timeout: ms')
    expect(() => s.retry({ attempts: 0 })).toThrow('Stream.retry: attempts')
    expect(() => s.share({ capacity: 0 })).toThrow('Stream.share: capacity')
    expect(() => s.tap(1 as never)).toThrow('Stream.tap: fn')
  })

  test('what flatMap is given back is checked', () =>
    testRun(async () => {
      const bad = stream([1]).flatMap(() => 5 as never)
      await expect(bad.toArray()).rejects.toThrow('Stream.flatMap: what fn gives must be iterable')
    }))

  test('types: items follow the stages', () => {
    const make = () =>
      stream([1, 2])
        .map(async (n) => String(n))
        .filter((s): s is 'a' => s === 'a')
        .chunk(2)
    expectTypeOf(make).returns.toEqualTypeOf<Stream<'a'[]>>()
    expectTypeOf(() => stream([Promise.resolve(1)])).returns.toEqualTypeOf<Stream<number>>()
    const sum = () => stream(['a']).reduce((sum, s) => sum + s.length, 0)
    expectTypeOf(sum).returns.resolves.toBeNumber()
  })
})
