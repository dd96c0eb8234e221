import {
  CancelScope,
  checkpoint,
  currentTask,
  Future,
  gather,
  gatherSettled,
  isCancelled,
  shield,
  sleep,
  spawn,
  TaskCancelledError,
  taskGroup,
} from 'corral'
import { testRun } from 'corral/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

describe('gather', () => {
  test('gather gives results in the order of the thunks, whatever finishes first', () =>
    testRun(async () => {
      const first = new Future<string>()
      const order: string[] = []
      const results = await gather([
        async () => {
          const value = await first
          order.push('slow')
          return value
        },
        async () => {
          order.push('fast')
          first.resolve('a')
          return 'b'
        },
        () => 'sync',
      ])
      expect(results).toEqual(['a', 'b', 'sync'])
      expect(order).toEqual(['fast', 'slow'])
    }))

  test('gather of a record gives a record, also with keys that are not plain', () =>
    testRun(async () => {
      const thunks = { b: async () => 1, a: () => 'two', ['__proto__']: () => 3 }
      const results = await gather(thunks)
      expect(Object.entries(results)).toEqual([
        ['b', 1],
        ['a', 'two'],
        ['__proto__', 3],
      ])
    }))

  test('gather of nothing is empty', () =>
    testRun(async () => {
      expect(await gather([])).toEqual([])
      expect(await gather({})).toEqual({})
    }))

  test('the same thunk twice runs twice and fills both slots', () =>
    testRun(async () => {
      let calls = 0
      const thunk = async (): Promise<number> => ++calls
      expect(await gather([thunk, thunk])).toEqual([1, 2])
    }))

  test('falsy results pass through', () =>
    testRun(async () => {
      const values = [0, '', null, undefined, false, Number.NaN] as const
      expect(await gather(values.map((value) => async () => value))).toEqual(values)
    }))

  test('the first failure cancels the others, awaits their cleanup, and is thrown as it is', () =>
    testRun(async () => {
      const log: string[] = []
      const error = new Error('first')
      const failing = gather([
        async () => {
          try {
            await sleep(Infinity)
          } finally {
            await shield(() => turns(3))
            log.push('cleaned')
          }
        },
        async () => {
          await checkpoint()
          throw error
        },
      ])
      await expect(failing).rejects.toBe(error)
      expect(log).toEqual(['cleaned'])
      expect(error).not.toHaveProperty('suppressed')
    }))

  test('a second failure is kept in suppressed and is no unhandled rejection', async () => {
    const second = new Error('second')
    const seen = await unhandled(() =>
      testRun(async () => {
        const failing = gather([
          () => Promise.reject(new Error('first')),
          async () => {
            try {
              await sleep(Infinity)
            } catch {
              throw second
            }
          },
        ])
        await expect(failing).rejects.toMatchObject({ message: 'first', suppressed: [second] })
      }),
    )
    expect(seen).toEqual([])
  })

  test('a thunk that throws before it waits fails like any other', () =>
    testRun(async () => {
      const error = new RangeError('at once')
      const thrower = (): number => {
        throw error
      }
      await expect(gather([thrower, () => sleep(Infinity)])).rejects.toBe(error)
    }))

  test('cancelled from outside, every thunk is cancelled and has ended before it throws', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let ended = 0
      const thunk = async (): Promise<void> => {
        try {
          await sleep(Infinity)
        } finally {
          await shield(() => turns(5))
          ended += 1
        }
      }
      let caught: unknown
      await scope.run(async () => {
        spawn(async () => scope.cancel('enough'))
        try {
          await gather([thunk, thunk, thunk])
        } catch (error) {
          caught = error
          expect(ended).toBe(3)
          throw error
        }
      })
      expect(isCancelled(caught)).toBe(true)
      expect(caught).toMatchObject({ reason: 'enough' })
    }))

  test('in a cancelled scope it throws at once and begins nothing', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      await scope.run(async () => {
        scope.cancel()
        await gather([() => ++calls])
      })
      expect([scope.cancelledCaught, calls]).toEqual([true, 0])
    }))

  test('a cancellation after all have ended does not take the results away', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const value = await scope.run(async () => {
        const results = await gather([
          async () => {
            await checkpoint()
            scope.cancel()
            return 'kept'
          },
        ])
        return results[0]
      })
      expect(value).toBe('kept')
      expect(scope.cancelledCaught).toBe(false)
    }))

  test('a thunk that swallows the cancellation still keeps its place until it ends', () =>
    testRun(async () => {
      const failing = gather([
        async () => {
          try {
            await sleep(Infinity)
            return 0
          } catch {
            return 42
          }
        },
        () => Promise.reject(new Error('boom')),
      ])
      await expect(failing).rejects.toThrow('boom')
    }))

  test('one task cancelled by hand fails it with TaskCancelledError', () =>
    testRun(async () => {
      const failing = gather([
        async () => {
          currentTask()?.cancel('by hand')
          await checkpoint()
        },
        () => sleep(Infinity),
      ])
      await expect(failing).rejects.toBeInstanceOf(TaskCancelledError)
    }))

  test('shielded thunks finish when it is cancelled, and it waits for them', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const done: number[] = []
      const thunk = (n: number) => () =>
        shield(async () => {
          await turns(4)
          done.push(n)
        })
      await scope.run(async () => {
        spawn(async () => scope.cancel())
        await gather([thunk(1), thunk(2)])
      })
      expect(done).toEqual([1, 2])
    }))

  test('a shielded gather lets its thunks finish', () =>
    testRun(async () => {
      const scope = new CancelScope()
      const done: number[] = []
      await scope.run(async () => {
        spawn(async () => scope.cancel())
        await shield(() =>
          gather([
            async () => {
              await turns(4)
              done.push(1)
            },
          ]),
        )
      })
      expect(done).toEqual([1])
    }))

  test('what a thunk leaves running belongs to it: its failure is the failure of gather', () =>
    testRun(async () => {
      const failing = gather([
        async () => {
          spawn(async () => {
            await checkpoint()
            throw new Error('left behind')
          })
          return 1
        },
        () => sleep(Infinity),
      ])
      await expect(failing).rejects.toThrow('left behind')
    }))

  test('concurrency bounds how many run, in order, and a slot is kept until children have ended', () =>
    testRun(async () => {
      let running = 0
      let most = 0
      const begun: number[] = []
      const thunks = Array.from({ length: 20 }, (_, i) => async () => {
        begun.push(i)
        running += 1
        most = Math.max(most, running)
        spawn(async () => {
          await turns(5 + (i % 3))
          running -= 1
        })
        return i
      })
      expect(await gather(thunks, { concurrency: 3 })).toEqual(thunks.map((_, i) => i))
      expect(most).toBe(3)
      expect(begun).toEqual(thunks.map((_, i) => i))
    }))

  test('with concurrency those that have not begun are not begun after a failure', () =>
    testRun(async () => {
      let calls = 0
      const failing = gather(
        [
          async () => {
            await checkpoint()
            throw new Error('boom')
          },
          () => sleep(Infinity),
          () => ++calls,
        ],
        { concurrency: 2 },
      )
      const error: unknown = await failing.catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ message: 'boom' })
      expect(error).not.toHaveProperty('suppressed')
      expect(calls).toBe(0)
    }))

  test('with concurrency cancelled from outside nothing more is begun', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let calls = 0
      await scope.run(async () => {
        spawn(async () => scope.cancel())
        await gather([() => sleep(Infinity), () => ++calls, () => ++calls], { concurrency: 1 })
      })
      expect([scope.cancelledCaught, calls]).toEqual([true, 0])
    }))

  test('each thunk is a task with a name', () =>
    testRun(async () => {
      const name = (): string | undefined => currentTask()?.name
      expect(await gather([name, () => name()])).toEqual(['name', 'gather[1]'])
    }))

  test('the keys of a record name the tasks, whatever the functions are called', () =>
    testRun(async () => {
      const name = (): string | undefined => currentTask()?.name
      const client = (): typeof name => () => currentTask()?.name
      const thunks = { web: name, 'by night': client() }
      expect(await gather(thunks)).toEqual({ web: 'web', 'by night': 'by night' })
      const [settled] = Object.values(await gatherSettled({ '': name }, { concurrency: 1 }))
      expect(settled).toEqual({ status: 'fulfilled', value: '' })
    }))

  test('the tasks live in the scope of the caller', () =>
    testRun(async () => {
      const scope = new CancelScope()
      await scope.run(async () => {
        await taskGroup(async (group) => {
          group.spawn(async () => {
            await turns(3)
            scope.cancel()
          })
          await gather([() => sleep(Infinity)])
        })
      })
      expect(scope.cancelledCaught).toBe(true)
    }))

  test('arguments are checked, and a running promise is named for what it is', async () => {
    await expect(gather([Promise.resolve(1) as never])).rejects.toThrow(
      'gather: thunks[0] must be a function, got a promise that already runs (object)',
    )
    await expect(gather({ a: 5 as never })).rejects.toThrow(
      'gather: thunks.a must be a function, got 5 (number)',
    )
    await expect(gather(7 as never)).rejects.toThrow(
      'gather: thunks must be an array or a record of functions, got 7 (number)',
    )
    await expect(gather([], { concurrency: 0 })).rejects.toThrow(
      'gather: concurrency must be a whole number of at least 1, or Infinity, got 0 (number)',
    )
  })

  test('it works outside of any run', async () => {
    expect(await gather([async () => 1])).toEqual([1])
  })

  test('types: tuples, arrays and records keep their shape', () => {
    const tuple = () => gather([async () => 1, () => 'a', async () => ({ b: true })])
    expectTypeOf(tuple).returns.resolves.toEqualTypeOf<[number, string, { b: boolean }]>()
    const array = () => gather([1, 2].map((n) => async () => String(n)))
    expectTypeOf(array).returns.resolves.toEqualTypeOf<string[]>()
    const record = () => gather({ a: async () => 1, b: () => 'x' })
    expectTypeOf(record).returns.resolves.toEqualTypeOf<{ a: number; b: string }>()
    const readonly = (thunks: readonly (() => Promise<Date>)[]) => gather(thunks)
    expectTypeOf(readonly).returns.resolves.toEqualTypeOf<Date[]>()
    const nothing = () => gather([])
    expectTypeOf(nothing).returns.resolves.toEqualTypeOf<[]>()
    const nested = () => gather([async () => gather([async () => 1])])
    expectTypeOf(nested).returns.resolves.toEqualTypeOf<[[number]]>()
    interface Work {
      readonly a: () => Promise<number>
      b(): string
      c?: () => Date
    }
    const byInterface = (work: Work) => gather(work)
    expectTypeOf(byInterface).returns.resolves.toEqualTypeOf<{ a: number; b: string; c?: Date }>()
    const wrapped = <T extends readonly (() => unknown)[]>(thunks: T) => gather(thunks)
    expectTypeOf(wrapped<[() => 1]>).returns.resolves.toEqualTypeOf<[1]>()
    // @ts-expect-error a promise is no record of thunks
    void (() => gather(Promise.resolve(1)))
    // @ts-expect-error neither is a function
    void (() => gather(() => 1))
    // @ts-expect-error nor a primitive
    void (() => gather('work'))
    // @ts-expect-error a promise is no thunk in a record either
    void (() => gather({ a: Promise.resolve(1) }))
    // @ts-expect-error a promise is no thunk
    void (() => gather([Promise.resolve(1)]))
  })
})
