import {
  CancelScope,
  checkpoint,
  currentTask,
  Future,
  isCancelled,
  mapConcurrent,
  moveOnAfter,
  now,
  openChannel,
  Queue,
  shield,
  sleep,
  spawn,
  TaskCancelledError,
} from 'corral'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

/** An iterator that remembers how it was used. */
function watched<T>(items: readonly T[]) {
  const seen = { taken: 0, returned: 0 }
  const iterable: Iterable<T> = {
    [Symbol.iterator]: () => ({
      next: () =>
        seen.taken < items.length
          ? { done: false, value: items[seen.taken++] as T }
          : { done: true, value: undefined },
      return: () => {
        seen.returned += 1
        return { done: true, value: undefined }
      },
    }),
  }
  return { iterable, seen }
}

describe('mapConcurrent', () => {
  test('mapConcurrent gives results in the order of the items, whatever finishes first', () =>
    testRun(async () => {
      const results = await mapConcurrent(
        [5, 0, 3, 1],
        async (n, index) => {
          await turns(n)
          return `${index}:${n}`
        },
        { concurrency: 3 },
      )
      expect(results).toEqual(['0:5', '1:0', '2:3', '3:1'])
    }))

  test('mapConcurrent of nothing is empty, also from an async iterable', () =>
    testRun(async () => {
      async function* nothing(): AsyncGenerator<number> {}
      expect(await mapConcurrent([], async (n: number) => n, { concurrency: 2 })).toEqual([])
      expect(await mapConcurrent(nothing(), async (n) => n, { concurrency: 2 })).toEqual([])
    }))

  test.each([1, 2, 7, Infinity])('never more than %d run at the same time', (concurrency) =>
    testRun(async () => {
      let running = 0
      let most = 0
      const items = Array.from({ length: 50 }, (_, i) => i)
      await mapConcurrent(
        items,
        async (i) => {
          running += 1
          most = Math.max(most, running)
          await turns(60 + (i % 5))
          running -= 1
        },
        { concurrency },
      )
      expect(most).toBe(Math.min(50, concurrency))
    }),
  )

  test('an item is taken when fn can begin with it, never ahead', () =>
    testRun(async () => {
      const { iterable, seen } = watched([1, 2, 3, 4, 5, 6, 7])
      let running = 0
      let begun = 0
      await mapConcurrent(
        iterable,
        async () => {
          begun += 1
          running += 1
          expect(seen.taken).toBe(begun)
          await turns(10)
          running -= 1
        },
        { concurrency: 2 },
      )
      expect([running, begun]).toEqual([0, 7])
      expect(seen.returned).toBe(0) // it ended by itself
    }))

  test('falsy items and falsy results pass through', () =>
    testRun(async () => {
      const values = [0, '', null, undefined, false]
      async function* source() {
        yield* values
      }
      expect(await mapConcurrent(values, (v) => v, { concurrency: 2 })).toEqual(values)
      expect(await mapConcurrent(source(), (v) => v, { concurrency: 2 })).toEqual(values)
    }))

  test('the first failure cancels what runs, awaits it, takes nothing more and closes the iterator', () =>
    testRun(async () => {
      const { iterable, seen } = watched([0, 1, 2, 3, 4, 5])
      const boom = new Error('boom')
      const log: string[] = []
      const failing = mapConcurrent(
        iterable,
        async (i) => {
          if (i === 1) {
            await checkpoint()
            throw boom
          }
          try {
            await sleep(Infinity)
          } finally {
            await shield(() => turns(4))
            log.push(`cleaned ${i}, returned ${seen.returned}`)
          }
        },
        { concurrency: 3 },
      )
      await expect(failing).rejects.toBe(boom)
      expect(log.sort()).toEqual(['cleaned 0, returned 0', 'cleaned 2, returned 0'])
      expect(seen).toEqual({ taken: 3, returned: 1 })
    }))

  test('failures after the first are in suppressed, with the failure to close last', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        const items: Iterable<number> = {
          [Symbol.iterator]: () => ({
            next: () => ({ done: false, value: 1 }),
            return: () => {
              throw new Error('close')
            },
          }),
        }
        const failing = mapConcurrent(
          items,
          async (_, index) => {
            if (index === 1) throw new Error('first')
            try {
              await sleep(Infinity)
            } catch {
              throw new Error('second')
            }
          },
          { concurrency: 2 },
        )
        await expect(failing).rejects.toMatchObject({
          message: 'first',
          suppressed: [{ message: 'second' }, { message: 'close' }],
        })
      }),
    )
    expect(seen).toEqual([])
  })

  test('a fn that throws before it waits keeps all others from beginning', () =>
    testRun(async () => {
      let calls = 0
      const failing = mapConcurrent(
        [1, 2, 3],
        () => {
          calls += 1
          throw new Error('at once')
        },
        { concurrency: 1 },
      )
      await expect(failing).rejects.toThrow('at once')
      expect(calls).toBe(1)
    }))

  test('an iterator that throws fails it and is not closed again', () =>
    testRun(async () => {
      let returned = 0
      const items: Iterable<number> = {
        [Symbol.iterator]: () => ({
          next: () => {
            throw new Error('next')
          },
          return: () => {
            returned += 1
            return { done: true, value: undefined }
          },
        }),
      }
      await expect(mapConcurrent(items, (n) => n, { concurrency: 2 })).rejects.toThrow('next')
      expect(returned).toBe(0)
    }))

  test('cancelled from outside, what runs is awaited, then the iterator is closed, then it throws', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const log: string[] = []
      function* source() {
        try {
          for (let i = 0; ; i++) yield i
        } finally {
          log.push('closed')
        }
      }
      await scope.run(async () => {
        spawn(async () => {
          await turns(5)
          scope.cancel()
        })
        try {
          await mapConcurrent(
            source(),
            async (i) => {
              try {
                await sleep(Infinity)
              } finally {
                await shield(() => turns(3))
                log.push(`ended ${i}`)
              }
            },
            { concurrency: 2 },
          )
        } catch (error) {
          log.push(isCancelled(error) ? 'cancelled' : 'other')
          throw error
        }
      })
      expect(log).toEqual(['ended 0', 'ended 1', 'closed', 'cancelled'])
      expect(scope.cancelledCaught).toBe(true)
    }))

  test('in a cancelled scope it throws at once, and asks for no iterator', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let asked = 0
      const items = {
        [Symbol.iterator]: () => {
          asked += 1
          return [1][Symbol.iterator]()
        },
      }
      await scope.run(async () => {
        scope.cancel()
        await mapConcurrent(items, (n) => n, { concurrency: 1 })
      })
      expect([scope.cancelledCaught, asked]).toEqual([true, 0])
    }))

  test('a cancellation after all have ended does not take the results away', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const results = await scope.run(async () => {
        const task = spawn(() => mapConcurrent([1, 2], (n) => n * 2, { concurrency: 2 }))
        const mapped = await task
        scope.cancel()
        return mapped
      })
      expect(results).toEqual([2, 4])
    }))

  test('work that swallows the cancellation is awaited, and no further item is taken', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const { iterable, seen } = watched([1, 2, 3])
      await scope.run(async () => {
        spawn(async () => {
          await turns(3)
          scope.cancel()
        })
        await mapConcurrent(
          iterable,
          async () => {
            try {
              await sleep(Infinity)
              return 'slept'
            } catch {
              return 'swallowed'
            }
          },
          { concurrency: 1 },
        )
      })
      expect(scope.cancelledCaught).toBe(true)
      expect(seen).toEqual({ taken: 1, returned: 1 })
    }))

  test('one of its tasks cancelled by hand fails it with TaskCancelledError, not with a hole', () =>
    testRun(async () => {
      const failing = mapConcurrent(
        [1, 2, 3, 4],
        async (n) => {
          if (n !== 2) return await sleep(Infinity)
          currentTask()?.cancel('by hand')
          await checkpoint()
        },
        { concurrency: 2 },
      )
      await expect(failing).rejects.toBeInstanceOf(TaskCancelledError)
    }))

  test('work that is ready at once leaves timers their turn', () =>
    testRun(async () => {
      const alarm = { rang: 0 }
      function* source() {
        while (alarm.rang === 0) yield 1
      }
      const timer = setTimeout(() => (alarm.rang += 1), 1)
      await mapConcurrent(source(), (n) => n, { concurrency: 4 })
      clearTimeout(timer)
      expect(alarm.rang).toBe(1)
    }))

  test('100 000 items at a limit of 100 keep their order', () =>
    testRun(async () => {
      const items = Array.from({ length: 100_000 }, (_, i) => i)
      const results = await mapConcurrent(
        items,
        async (i) => {
          if (i % 3 === 0) await checkpoint()
          return i
        },
        { concurrency: 100 },
      )
      expect(results).toEqual(items)
    }))

  test('arguments are checked', async () => {
    const bad = (...args: unknown[]) =>
      (mapConcurrent as (...args: unknown[]) => Promise<unknown>)(...args)
    await expect(bad(5, () => 1, { concurrency: 1 })).rejects.toThrow(
      'mapConcurrent: items must be iterable or async iterable, got 5 (number)',
    )
    await expect(bad(null, () => 1, { concurrency: 1 })).rejects.toThrow('got null')
    await expect(bad([], 'x', { concurrency: 1 })).rejects.toThrow(
      'mapConcurrent: fn must be a function, got "x" (string)',
    )
    await expect(bad([], () => 1)).rejects.toThrow(
      'mapConcurrent: concurrency must be a whole number of at least 1, or Infinity, got undefined',
    )
    await expect(bad([], () => 1, { concurrency: 0 })).rejects.toThrow('got 0 (number)')
  })

  test('types: the item and the result are inferred', () => {
    const mapped = () =>
      mapConcurrent(new Set(['a']), async (s, i) => s.length + i, { concurrency: 1 })
    expectTypeOf(mapped).returns.resolves.toEqualTypeOf<number[]>()
    const read = (lines: AsyncIterable<string>) =>
      mapConcurrent(lines, (line) => line.split(','), { concurrency: 1 })
    expectTypeOf(read).returns.resolves.toEqualTypeOf<string[][]>()
  })
})

describe('mapConcurrent over an async iterable', () => {
  test('it asks for one item at a time, and only as many tasks are made as have work', () =>
    testRun(async () => {
      let asking = 0
      let most = 0
      const names = new Set<string | undefined>()
      const items: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => {
          let i = 0
          return {
            next: async () => {
              asking += 1
              most = Math.max(most, asking)
              await turns(3)
              asking -= 1
              return i < 20 ? { done: false, value: i++ } : { done: true, value: undefined }
            },
          }
        },
      }
      const results = await mapConcurrent(
        items,
        (n) => {
          names.add(currentTask()?.name)
          return n
        },
        { concurrency: 10 },
      )
      expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i))
      expect(most).toBe(1)
      expect(names.size).toBeLessThanOrEqual(2) // one works, one asks for the next item
    }))

  test('a slow fn fills all places', () =>
    testRun(async () => {
      async function* source() {
        for (let i = 0; i < 30; i++) yield i
      }
      let running = 0
      let most = 0
      await mapConcurrent(
        source(),
        async () => {
          running += 1
          most = Math.max(most, running)
          await turns(200)
          running -= 1
        },
        { concurrency: 5 },
      )
      expect(most).toBe(5)
    }))

  test('on failure a generator runs its finally under a shield, and is awaited', () =>
    testRun(async () => {
      const log: string[] = []
      async function* source() {
        try {
          yield 1
          yield 2
          yield 3
        } finally {
          await turns(5)
          log.push('closed')
        }
      }
      const failing = mapConcurrent(
        source(),
        async (n) => {
          await turns(n * 2)
          throw new Error(`failed ${n}`)
        },
        { concurrency: 2 },
      )
      await expect(failing).rejects.toThrow('failed 1')
      expect(log).toEqual(['closed'])
    }))

  test('cancelled from outside, a generator that was not asked runs its finally under a shield', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const log: string[] = []
      async function* source() {
        try {
          for (let i = 0; ; i++) yield i
        } finally {
          await turns(5)
          log.push('closed')
        }
      }
      await scope.run(async () => {
        spawn(async () => {
          await turns(30)
          scope.cancel()
        })
        await mapConcurrent(source(), () => sleep(Infinity), { concurrency: 2 })
      })
      expect([scope.cancelledCaught, log]).toEqual([true, ['closed']])
    }))

  test('a source that waits on a primitive is cancelled there', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const log: string[] = []
      async function* source(): AsyncGenerator<number> {
        try {
          yield 1
          await sleep(Infinity)
        } catch (error) {
          log.push(isCancelled(error) ? 'cancelled in the source' : 'other')
          throw error
        } finally {
          log.push('finally')
        }
      }
      await scope.run(async () => {
        spawn(async () => {
          await turns(20)
          scope.cancel()
        })
        await mapConcurrent(source(), (n) => n, { concurrency: 2 })
      })
      expect(log).toEqual(['cancelled in the source', 'finally'])
    }))

  test('a foreign source that only waits is told to end when cancelled', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let release: ((step: IteratorResult<number>) => void) | undefined
      let returned = 0
      const items: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise((resolve) => (release = resolve)),
          return: async () => {
            returned += 1
            release?.({ done: true, value: undefined })
            return { done: true, value: undefined }
          },
        }),
      }
      await scope.run(async () => {
        spawn(async () => {
          await turns(5)
          scope.cancel()
        })
        await mapConcurrent(items, (n) => n, { concurrency: 2 })
      })
      expect([scope.cancelledCaught, returned]).toEqual([true, 1])
    }))

  test('an item on its way when it is cancelled still reaches fn', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const item = new Future<number>()
      const seen: number[] = []
      const items: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => shield(async () => ({ done: false as const, value: await item })),
          return: async () => ({ done: true as const, value: undefined }),
        }),
      }
      await scope.run(async () => {
        spawn(async () => {
          await turns(5)
          scope.cancel()
          await shield(() => turns(3))
          item.resolve(7)
        })
        await mapConcurrent(
          items,
          async (n) => {
            seen.push(n)
            await checkpoint()
          },
          { concurrency: 1 },
        )
      })
      expect(seen).toEqual([7])
      expect(scope.cancelledCaught).toBe(true)
    }))

  test('a source that cannot be told to end is given up at once when cancelled', () =>
    testRun(async () => {
      const silent: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
      }
      await moveOnAfter(50, () => mapConcurrent(silent, (n) => n, { concurrency: 2 }))
      expect(now()).toBe(50)
    }))

  test('an item that a queue or a channel grants in the moment of the cancellation still reaches fn', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const [sender, receiver] = openChannel<number>({ capacity: 1 })
      for (const [items, give] of [
        [queue, () => queue.tryPut(7)],
        [receiver, () => sender.trySend(7)],
      ] as const) {
        const scope = new CancelScope()
        const seen: number[] = []
        await scope.run(async () => {
          spawn(async () => {
            await turns(5)
            give()
            scope.cancel()
          })
          await mapConcurrent(items, (n) => void seen.push(n), { concurrency: 1 })
        })
        expect([scope.cancelledCaught, seen]).toEqual([true, [7]])
      }
    }))

  test('a source that fails while it is told to end keeps both errors', async () => {
    const seen = await unhandled(() =>
      testRun(async () => {
        const scope = new CancelScope()
        let fail: ((error: unknown) => void) | undefined
        const items: AsyncIterable<number> = {
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise((_, reject) => (fail = reject)),
            return: async () => {
              fail?.(new Error('next'))
              throw new Error('return')
            },
          }),
        }
        const failing = scope.run(async () => {
          spawn(async () => {
            await turns(5)
            scope.cancel()
          })
          await mapConcurrent(items, (n) => n, { concurrency: 2 })
        })
        await expect(failing).rejects.toMatchObject({
          message: 'next',
          suppressed: [{ message: 'return' }],
        })
      }),
    )
    expect(seen).toEqual([])
  })
})

describe('mapConcurrent under random failures and cancellations', () => {
  test('nothing is lost or doubled, the limit holds, and the source is closed exactly once', async () => {
    const step = fc.record({
      turns: fc.nat(6),
      end: fc.constantFrom('value', 'value', 'value', 'value', 'value', 'throw'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.option(fc.nat(60), { nil: undefined }),
        fc.boolean(),
        async (steps, concurrency, cancelAfter, asynchronous) => {
          const begun: number[] = []
          let running = 0
          let most = 0
          let closed = 0
          function* plain() {
            try {
              for (const item of steps.entries()) yield item
            } finally {
              closed += 1
            }
          }
          async function* slow() {
            try {
              for (const [i, item] of steps.entries()) {
                await turns(i % 3)
                yield [i, item] as const
              }
            } finally {
              await shield(() => turns(2))
              closed += 1
            }
          }
          const outcome = await testRun(async () => {
            const scope = new CancelScope()
            const value = await scope
              .run(async () => {
                if (cancelAfter !== undefined) {
                  spawn(async () => {
                    await turns(cancelAfter)
                    scope.cancel()
                  })
                }
                return await mapConcurrent(
                  asynchronous ? slow() : plain(),
                  async ([i, item]) => {
                    begun.push(i)
                    running += 1
                    most = Math.max(most, running)
                    try {
                      await turns(item.turns)
                      if (item.end === 'throw') throw new Error(String(i))
                      return i
                    } finally {
                      await shield(() => turns(1))
                      running -= 1
                    }
                  },
                  { concurrency },
                )
              })
              .catch((error: unknown) => error)
            expect(running).toBe(0)
            return value
          })
          expect(begun).toEqual(begun.map((_, i) => i))
          expect(most).toBeLessThanOrEqual(concurrency)
          // A generator that was never begun has no finally to run.
          if (begun.length > 0) expect(closed).toBe(1)
          if (Array.isArray(outcome)) expect(outcome).toEqual(steps.map((_, i) => i))
          else if (outcome instanceof Error) {
            expect(steps[Number(outcome.message)]?.end).toBe('throw')
          } else expect(cancelAfter).toBeDefined()
        },
      ),
      { numRuns: 300 },
    )
  })
})
