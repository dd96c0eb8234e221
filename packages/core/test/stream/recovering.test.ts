import { now, range, shield, sleep, spawn, stream, taskGroup, timeout, TimeoutError } from 'corral'
import { always, explore, testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'

/** Numbers from 0 that fail at `at`, and say when they are closed. */
function failingAt(at: number, log: string[] = []) {
  return stream(async function* () {
    try {
      for (let n = 0; ; n++) {
        if (n === at) throw new RangeError(`at ${n}`)
        yield n
      }
    } finally {
      await shield(() => sleep(1))
      log.push('closed')
    }
  })
}

describe('Stream.catch', () => {
  test('Stream.catch goes on with another source once the failed one is closed', () =>
    testRun(async () => {
      const log: string[] = []
      const got = await failingAt(2, log)
        .catch((error) => {
          log.push((error as Error).message)
          return [10, 11]
        })
        .toArray()
      expect([got, log]).toEqual([
        [0, 1, 10, 11],
        ['closed', 'at 2'],
      ])
    }))

  test('closes a source that itself is well, when a stage before the catch fails', () =>
    testRun(async () => {
      const log: string[] = []
      const got = await failingAt(9, log)
        .map((n) => {
          if (n === 2) throw new RangeError('mapped 2')
          return n
        })
        .catch((error) => {
          log.push((error as Error).message)
          return [7]
        })
        .toArray()
      expect([got, log]).toEqual([
        [0, 1, 7],
        ['closed', 'mapped 2'],
      ])
    }))

  test('takes a promise of a source, and what fails while it is opened', () =>
    testRun(async () => {
      const unopened = stream(() => {
        throw new RangeError('cannot be opened')
      })
      const got = await unopened.catch(async (error) => [(error as Error).message]).toArray()
      expect(got).toEqual(['cannot be opened'])
      const mapped = stream([1, 2]).map((n) => {
        if (n === 2) throw new RangeError('two')
        return n
      })
      expect(await mapped.catch(() => range(7, 9)).toArray()).toEqual([1, 7, 8])
    }))

  test('what it gives may fail in its turn: once is once', () =>
    testRun(async () => {
      let calls = 0
      const walk = failingAt(1).catch(() => {
        calls += 1
        return failingAt(0)
      })
      await expect(walk.toArray()).rejects.toThrow('at 0')
      expect(calls).toBe(1)
    }))

  test('a failure of a later stage, a cancellation and a timeout around it pass', () =>
    testRun(async () => {
      let asked = 0
      const caught = stream(async function* () {
        yield 1
        await sleep(100)
        yield 2
      }).catch(() => {
        asked += 1
        return [0]
      })
      const later = caught.tap(() => {
        throw new RangeError('later')
      })
      await expect(later.toArray()).rejects.toThrow('later')
      await expect(timeout(5, () => caught.toArray())).rejects.toThrow(TimeoutError)
      expect([asked, now()]).toEqual([0, 5])
    }))

  test('its types are those of both', () => {
    expectTypeOf(
      stream([1])
        .catch(() => ['a'])
        .toArray(),
    ).resolves.toEqualTypeOf<(number | string)[]>()
  })
})

describe('Stream.finalize', () => {
  test('Stream.finalize is called once, awaited, after the source has been closed', () =>
    testRun(async () => {
      const ways: Record<string, () => Promise<unknown>> = {
        end: () => walk().toArray(),
        break: () => walk().take(1).toArray(),
        error: () => failing().toArray(),
        cancel: () => timeout(2, () => walk().forEach(() => sleep(5))),
      }
      const log: string[] = []
      const finish = async (): Promise<void> => {
        log.push('finalizing')
        await sleep(3)
        log.push('finalized')
      }
      const walk = () =>
        stream(async function* () {
          try {
            yield* [1, 2]
          } finally {
            log.push('closed')
          }
        }).finalize(finish)
      const failing = () => failingAt(1, log).finalize(finish)
      for (const [way, act] of Object.entries(ways)) {
        log.length = 0
        await act().catch(() => {})
        expect([way, ...log]).toEqual([way, 'closed', 'finalizing', 'finalized'])
      }
    }))

  test('what it throws fails the walk, and is kept with an error before it', () =>
    testRun(async () => {
      const throwing = (): never => {
        throw new TypeError('in cleanup')
      }
      await expect(stream([1]).finalize(throwing).toArray()).rejects.toThrow('in cleanup')
      const error = await failingAt(0)
        .finalize(throwing)
        .toArray()
        .catch((error: unknown) => error)
      expect(error).toMatchObject({ message: 'at 0', suppressed: [new TypeError('in cleanup')] })
    }))
})

describe('Stream.takeWhile', () => {
  test.each([
    ['at once', (n: number) => n < 2],
    ['later', async (n: number) => n < 2],
  ])(
    'Stream.takeWhile that answers %s ends before the first it refuses, and closes the source',
    (_, fn) =>
      testRun(async () => {
        const log: string[] = []
        expect(await failingAt(9, log).takeWhile(fn).toArray()).toEqual([0, 1])
        expect(log).toEqual(['closed'])
        expect(await stream([0, 1, 2, 0]).takeWhile(fn).toArray()).toEqual([0, 1])
        expect(
          await stream([0, 1, 0])
            .takeWhile((_item, index) => index < 1)
            .toArray(),
        ).toEqual([0])
      }),
  )
})

describe('Stream.first', () => {
  test('Stream.first takes no more than it needs, closes the source, and may find nothing', () =>
    testRun(async () => {
      const log: string[] = []
      expect(await failingAt(9, log).first()).toBe(0)
      expect(await failingAt(9, log).first((n) => n > 3)).toBe(4)
      expect(log).toEqual(['closed', 'closed'])
      expect(await stream<number>([]).first()).toBeUndefined()
      expect(await stream([1]).first(async (n) => n > 1)).toBeUndefined()
      await expect(failingAt(0).first()).rejects.toThrow('at 0')
    }))
})

describe('Stream.distinctUntilChanged', () => {
  test('Stream.distinctUntilChanged leaves out what is the same as the one before', () =>
    testRun(async () => {
      const items = [1, 1, 2, 2, 1, Number.NaN, Number.NaN, undefined, undefined]
      const got = await stream(items).distinctUntilChanged().toArray()
      expect(got).toEqual([1, 2, 1, Number.NaN, undefined])
      const words = stream(['a', 'A', 'b']).distinctUntilChanged(
        (a, b) => a.toLowerCase() === b.toLowerCase(),
      )
      for (let i = 0; i < 2; i++) expect(await words.toArray()).toEqual(['a', 'b'])
    }))
})

describe('Stream.switchMap', () => {
  test('Stream.switchMap cancels the source of the item before, and awaits its end', () =>
    testRun(async () => {
      const log: string[] = []
      const got = await range(0, 3, { delay: 10 })
        .switchMap((n) =>
          stream(async function* () {
            try {
              for (let i = 0; i < 4; i++) {
                yield 10 * n + i
                await sleep(4)
              }
            } finally {
              await shield(() => sleep(1))
              log.push(`${n} closed at ${now()}`)
            }
          }),
        )
        .toArray()
      expect(got).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22, 23])
      expect(log.map((line) => line.split(' ')[0])).toEqual(['0', '1', '2'])
    }))

  test('a failure of one fails the whole', () =>
    testRun(async () => {
      const walk = range(0, 2, { delay: 5 }).switchMap((n) => (n === 0 ? [0] : failingAt(1)))
      const got: number[] = []
      await expect(walk.forEach((n) => void got.push(n))).rejects.toThrow('at 1')
      expect(got).toEqual([0, 0])
    }))

  test('in every order, and with each task cancelled, one source is open at a time, none at the end', async () => {
    const { schedules } = await explore(
      async () => {
        let open = 0
        always('one at a time', () => open <= 1)
        const inner = (n: number) =>
          stream(async function* () {
            open += 1
            try {
              yield n
              await sleep(2)
              yield n
            } finally {
              await shield(() => sleep(1))
              open -= 1
            }
          })
        await range(0, 3, { delay: 1 })
          .switchMap(inner)
          .toArray()
          .catch(() => {})
        expect(open).toBe(0)
      },
      { strategies: ['cancel', 'delay', 'delays', 'time', 'random'], budget: 600 },
    )
    expect(schedules).toBeGreaterThan(20)
  })
})

describe('Stream.share, replaying', () => {
  test('a reader that comes while the walk is under way is given the latest items first', () =>
    testRun(async () => {
      const shared = range(0, 6, { delay: 10 }).share({ replay: 2 })
      const early = spawn(() => shared.toArray())
      await sleep(45)
      const late = spawn(() => shared.toArray())
      expect(await early).toEqual([0, 1, 2, 3, 4, 5])
      expect(await late).toEqual([2, 3, 4, 5])
      expect(await shared.take(1).toArray()).toEqual([0])
    }))

  test('a slow reader holds the others up as it would without, and misses nothing', () =>
    testRun(() =>
      taskGroup(async (group) => {
        const shared = range(0, 6, { delay: 1 }).share({ replay: 3 })
        const first = group.spawn(() => shared.toArray())
        await sleep(4.5)
        const got: number[] = []
        await shared.forEach(async (n) => {
          got.push(n)
          await sleep(10)
        })
        expect([got, await first]).toEqual([
          [1, 2, 3, 4, 5],
          [0, 1, 2, 3, 4, 5],
        ])
      }),
    ))
})

describe('Stream.map by key', () => {
  test.each([true, false])(
    'ordered: %s, items of a key are worked on one after the other',
    (ordered) =>
      testRun(async () => {
        const running = new Map<string, number>()
        let [most, all] = [0, 0]
        const got = await stream(['a1', 'a2', 'b1', 'a3', 'c1', 'b2'])
          .map(
            async (item) => {
              const key = item[0] as string
              running.set(key, (running.get(key) ?? 0) + 1)
              expect(running.get(key)).toBe(1)
              most = Math.max(most, ++all)
              await sleep(key === 'a' ? 10 : 3)
              all -= 1
              running.set(key, 0)
              return item
            },
            { concurrency: 6, ordered, key: (item) => item[0] },
          )
          .toArray()
        expect([most, now()]).toEqual([3, 30])
        expect(got.filter((item) => item.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
        const byEnd = ['b1', 'c1', 'b2', 'a1', 'a2', 'a3']
        expect(got).toEqual(ordered ? ['a1', 'a2', 'b1', 'a3', 'c1', 'b2'] : byEnd)
      }),
  )

  test('a key that is busy holds up others only when `concurrency` items wait', () =>
    testRun(async () => {
      const begun: string[] = []
      const keys = ['a', 'a', 'a', 'b']
      await stream(keys)
        .map(
          async (key) => {
            begun.push(`${key} at ${now()}`)
            await sleep(10)
          },
          { concurrency: 3, key: (key) => key },
        )
        .toArray()
      expect(begun).toEqual(['a at 0', 'a at 10', 'b at 10', 'a at 20'])
    }))

  test('in every order items of a key keep theirs, whatever is cancelled', async () => {
    const { schedules } = await explore(
      async () => {
        const ended: number[] = []
        await range(0, 6)
          .map(
            async (n) => {
              await sleep(n % 3)
              ended.push(n)
            },
            { concurrency: 4, ordered: false, key: (n) => n % 2 },
          )
          .toArray()
          .catch(() => {})
        for (const parity of [0, 1]) {
          const own = ended.filter((n) => n % 2 === parity)
          expect(own).toEqual(own.toSorted((a, b) => a - b))
        }
      },
      { strategies: ['cancel', 'delay', 'delays', 'random'], budget: 600 },
    )
    expect(schedules).toBeGreaterThan(20)
  })

  test('100 000 items of one key are linear, and leave nothing behind', () =>
    testRun(async () => {
      let sum = 0
      await range(0, 100_000)
        .map((n) => n, { concurrency: 100, key: () => 'all' })
        .forEach((n) => void (sum += n))
      expect(sum).toBe(4_999_950_000)
    }))
})
