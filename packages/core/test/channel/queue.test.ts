import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  CancelScope,
  Cancelled,
  ClosedError,
  MisuseError,
  Queue,
  run,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'

/** How a task that may fail ended: its value, or the code of its error. */
async function outcome(task: Task<unknown>): Promise<unknown> {
  const settled = await task.settled()
  return settled.status === 'fulfilled' ? settled.value : (settled.reason as MisuseError).code
}

/** Works in a task whose failure is its own affair. */
function attempt<T>(fn: () => Promise<T>): Task<T | string> {
  return spawn(() => fn().catch((error: unknown) => (error as MisuseError).code))
}

function lines(queue: Queue<unknown>): [number, number] {
  return [queue.getters, queue.putters]
}

describe('Queue', () => {
  it('hands out items in the order they were put', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      for (const item of [3, 1, 2]) await queue.put(item)
      expect(queue.size).toBe(3)
      expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([3, 1, 2])
    }))

  it('of capacity 2 makes the third put wait until one is taken', () =>
    testRun(async () => {
      const queue = new Queue<string>({ capacity: 2 })
      const log: string[] = []
      const putter = spawn(async () => {
        for (const item of ['a', 'b', 'c']) {
          await queue.put(item)
          log.push(`put ${item}`)
        }
      })
      await waitAllBlocked()
      expect(log).toEqual(['put a', 'put b'])
      expect([queue.size, ...lines(queue)]).toEqual([2, 0, 1])
      expect(await queue.get()).toBe('a')
      await putter
      expect(log).toEqual(['put a', 'put b', 'put c'])
      expect([queue.size, ...lines(queue)]).toEqual([2, 0, 0])
      expect([queue.tryGet(), queue.tryGet()]).toEqual(['b', 'c'])
    }))

  it('of capacity 1 carries five items from a producer to a consumer', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 1 })
      spawn(async () => {
        for (let i = 0; i < 5; i++) await queue.put(i)
      })
      const got: number[] = []
      for (let i = 0; i < 5; i++) got.push(await queue.get())
      expect(got).toEqual([0, 1, 2, 3, 4])
    }))

  it('serves getters first come first served, and each item goes to one of them', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const log: string[] = []
      for (const name of ['first', 'second', 'third']) {
        spawn(async () => log.push(`${name} ${await queue.get()}`))
      }
      await waitAllBlocked()
      for (const item of [1, 2, 3]) expect(queue.tryPut(item)).toBe(true)
      expect([queue.size, ...lines(queue)]).toEqual([0, 0, 0])
      await waitAllBlocked()
      expect(log).toEqual(['first 1', 'second 2', 'third 3'])
    }))

  it('shares ten items among five consumers, none twice and none lost', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const got: number[][] = [[], [], [], [], []]
      await taskGroup(async (group) => {
        for (const mine of got) {
          group.spawn(async () => {
            for await (const item of queue) {
              mine.push(item)
              await sleep(1)
            }
          })
        }
        await waitAllBlocked()
        for (let i = 0; i < 10; i++) await queue.put(i)
        queue.close()
      })
      expect(got.map((mine) => mine.length)).toEqual([2, 2, 2, 2, 2])
      expect(got.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }))

  it.each([0, '', null, undefined, false, Number.NaN])('carries the falsy item %s', (item) =>
    testRun(async () => {
      const queue = new Queue<unknown>({ capacity: 1 })
      await queue.put(item) // through the buffer
      expect(queue.size).toBe(1)
      expect(await queue.get()).toBe(item)
      const waiting = spawn(() => queue.get()) // to a getter in line
      await waitAllBlocked()
      await queue.put(item)
      expect(await waiting).toBe(item)
      await queue.put(1)
      const putter = spawn(() => queue.put(item)) // from a putter in line
      await waitAllBlocked()
      expect(queue.tryGet()).toBe(1)
      await putter
      queue.close()
      const seen: unknown[] = []
      for await (const each of queue) seen.push(each)
      expect(seen).toEqual([item])
    }),
  )

  it('says no to tryPut when it is full and to tryGet when it is empty', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 1 })
      expect(queue.tryGet()).toBeUndefined()
      expect([queue.tryPut(1), queue.tryPut(2)]).toEqual([true, false])
      const putter = spawn(() => queue.put(3))
      await waitAllBlocked()
      expect(queue.tryPut(4)).toBe(false)
      expect([queue.tryGet(), queue.tryGet(), queue.tryGet()]).toEqual([1, 3, undefined])
      await putter
    }))

  it('refuses a capacity that holds nothing', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, '3' as never]) {
      expect(() => new Queue({ capacity })).toThrow(MisuseError)
    }
    expect(() => new Queue({ capacity: 0 })).toThrow(
      'Queue: capacity must be a whole number of at least 1, or Infinity, got 0 (number)',
    )
    expect(new Queue().capacity).toBe(Infinity)
  })

  it('works outside of any run, and infers its items', async () => {
    const queue = new Queue<number>({ capacity: 1 })
    const [item] = await Promise.all([queue.get(), queue.put(1), queue.put(2)])
    expect([item, queue.tryGet()]).toEqual([1, 2])
    expectTypeOf(queue.get()).resolves.toEqualTypeOf<number>()
    expectTypeOf(queue.tryGet()).toEqualTypeOf<number | undefined>()
    expectTypeOf(queue).toExtend<AsyncIterable<number>>()
    expectTypeOf(queue).toExtend<Queue<unknown>>()
  })
})

describe('Queue under cancellation', () => {
  it('gives the item to the next getter when the first one was cancelled before the put', () =>
    testRun(async () => {
      const queue = new Queue<string>()
      const first = spawn(() => queue.get())
      const second = spawn(() => queue.get())
      await waitAllBlocked()
      first.cancel()
      expect(lines(queue)).toEqual([1, 0])
      await queue.put('item')
      expect(await second).toBe('item')
      expect(await outcome(first)).toBe('TASK_CANCELLED')
    }))

  it('delivers the item to a getter that was granted first and then cancelled', () =>
    testRun(async () => {
      const queue = new Queue<string>()
      const log: unknown[] = []
      const getter = spawn(async () => {
        log.push(await queue.get())
        await queue.get()
      })
      await waitAllBlocked()
      queue.tryPut('granted')
      getter.cancel()
      expect(await outcome(getter)).toBe('TASK_CANCELLED')
      expect(log).toEqual(['granted'])
      expect([queue.size, ...lines(queue)]).toEqual([0, 0, 0])
    }))

  it('keeps both items when one of three readers is cancelled in the turn of the puts', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const got: number[] = []
      const readers = [0, 1, 2].map(() => spawn(async () => got.push(await queue.get())))
      await waitAllBlocked()
      queue.tryPut(1)
      readers[0]?.cancel()
      readers[1]?.cancel()
      queue.tryPut(2)
      await waitAllBlocked()
      expect(got).toEqual([1, 2])
      expect([queue.size, ...lines(queue)]).toEqual([0, 0, 0])
    }))

  it('does not put the item of a putter that was cancelled in line; the one behind it is let in', () =>
    testRun(async () => {
      const queue = new Queue<string>({ capacity: 1 })
      await queue.put('a')
      const b = spawn(() => queue.put('b'))
      const c = spawn(() => queue.put('c'))
      const d = spawn(() => queue.put('d'))
      await waitAllBlocked()
      c.cancel()
      b.cancel()
      expect([await queue.get(), await queue.get()]).toEqual(['a', 'd'])
      await d
      expect([await outcome(b), await outcome(c)]).toEqual(['TASK_CANCELLED', 'TASK_CANCELLED'])
      expect([queue.size, ...lines(queue)]).toEqual([0, 0, 0])
    }))

  it('keeps the item of a putter that was let in first and then cancelled', () =>
    testRun(async () => {
      const queue = new Queue<string>({ capacity: 1 })
      await queue.put('a')
      const putter = spawn(() => queue.put('b'))
      await waitAllBlocked()
      expect(queue.tryGet()).toBe('a')
      putter.cancel()
      expect(await putter.settled()).toEqual({ status: 'fulfilled', value: undefined })
      expect(queue.tryGet()).toBe('b')
    }))

  it('leaves no waiter behind after a get or a put that timed out', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 1 })
      await expect(timeout(10, () => queue.get())).rejects.toThrow(TimeoutError)
      expect(lines(queue)).toEqual([0, 0])
      await queue.put(1)
      await expect(timeout(10, () => queue.put(2))).rejects.toThrow(TimeoutError)
      expect(lines(queue)).toEqual([0, 0])
      expect([queue.tryGet(), queue.tryGet()]).toEqual([1, undefined])
    }))

  it('takes and puts nothing in a cancelled scope, even when it could at once', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await queue.put(1)
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        await expect(queue.get()).rejects.toThrow(Cancelled)
        await expect(queue.put(2)).rejects.toThrow(Cancelled)
        await expect(queue.join()).rejects.toThrow(Cancelled)
        await expect(queue[Symbol.asyncIterator]().next()).rejects.toThrow(Cancelled)
        queue.close()
        await expect(queue.put(3)).rejects.toThrow(Cancelled)
      })
      expect([queue.size, queue.tryGet()]).toEqual([1, 1])
    }))

  it('loses no waiter when 100 000 are cancelled from the middle', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const count = 100_000
      const got: number[] = []
      const scope = new CancelScope()
      await taskGroup(async (group) => {
        group.spawn(async () => got.push(await queue.get()))
        group.spawn(() =>
          scope.run(() =>
            taskGroup(async (crowd) => {
              for (let i = 0; i < count; i++) crowd.spawn(() => queue.get())
            }),
          ),
        )
        await waitAllBlocked()
        group.spawn(async () => got.push(await queue.get()))
        await waitAllBlocked()
        expect(queue.getters).toBe(count + 2)
        scope.cancel()
        expect(queue.getters).toBe(2)
        queue.tryPut(1)
        queue.tryPut(2)
      })
      expect([got, queue.getters, queue.size]).toEqual([[1, 2], 0, 0])
    }))
})

describe('Queue.join', () => {
  it('waits until taskDone was called for every item', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      let joined = false
      for (const item of [1, 2]) await queue.put(item)
      const joiners = [0, 1].map(() =>
        spawn(async () => {
          await queue.join()
          joined = true
        }),
      )
      for (let left = 2; left > 0; left--) {
        await queue.get()
        await waitAllBlocked()
        expect(joined).toBe(false)
        queue.taskDone()
      }
      for (const joiner of joiners) await joiner
      expect(joined).toBe(true)
    }))

  it('returns at once for an empty queue, twice', () =>
    testRun(async () => {
      const queue = new Queue()
      await expect(queue.join()).resolves.toBeUndefined()
      await expect(queue.join()).resolves.toBeUndefined()
    }))

  it('waits for an item that went straight to a getter in line', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const getter = spawn(() => queue.get())
      await waitAllBlocked()
      await queue.put(1)
      await getter
      const joiner = spawn(() => queue.join())
      await waitAllBlocked()
      expect(joiner.status).toBe('running')
      queue.taskDone()
      await joiner
    }))

  it('waits for the items of putters in line, too', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 1 })
      await queue.put(1)
      const putter = spawn(() => queue.put(2))
      const joiner = spawn(() => queue.join())
      await waitAllBlocked()
      await queue.get()
      queue.taskDone()
      await putter
      await waitAllBlocked()
      expect(joiner.status).toBe('running')
      await queue.get()
      queue.taskDone()
      await joiner
    }))

  it('cancelled while waiting leaves the others waiting', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await queue.put(1)
      const [gone, stays] = [spawn(() => queue.join()), spawn(() => queue.join())]
      await waitAllBlocked()
      gone.cancel()
      await queue.get()
      queue.taskDone()
      await stays
      expect(await outcome(gone)).toBe('TASK_CANCELLED')
    }))

  it('returns although it is cancelled in the turn of the last taskDone', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await queue.put(1)
      await queue.get()
      const joiner = spawn(() => queue.join())
      await waitAllBlocked()
      queue.taskDone()
      joiner.cancel()
      expect((await joiner.settled()).status).toBe('fulfilled')
    }))

  it('taskDone more often than items were taken is a mistake', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      expect(() => queue.taskDone()).toThrow(MisuseError)
      await queue.put(1)
      expect(() => queue.taskDone()).toThrow('call it once for each item taken')
      queue.tryGet()
      queue.taskDone()
      expect(() => queue.taskDone()).toThrow(MisuseError)
      await queue.join()
    }))
})

describe('Queue.close', () => {
  it('throws ClosedError at once in a getter that waits on an empty queue', () =>
    testRun(async () => {
      const queue = new Queue()
      const getters = [attempt(() => queue.get()), attempt(() => queue.get())]
      await waitAllBlocked()
      queue.close()
      queue.close()
      expect([queue.closed, ...lines(queue)]).toEqual([true, 0, 0])
      for (const getter of getters) expect(await getter).toBe('CLOSED')
      await expect(queue.get()).rejects.toThrow(
        'Queue.get: the queue is closed and drained; loop with for await to end here',
      )
    }))

  it('turns away putters in line, lets getters drain it, and then throws', () =>
    testRun(async () => {
      const queue = new Queue<string>({ capacity: 1 })
      await queue.put('kept')
      const putter = attempt(() => queue.put('turned away'))
      await waitAllBlocked()
      queue.close()
      expect(await putter).toBe('CLOSED')
      await expect(queue.put('late')).rejects.toThrow(ClosedError)
      expect(() => queue.tryPut('late')).toThrow(ClosedError)
      const joiner = spawn(() => queue.join())
      expect(await queue.get()).toBe('kept')
      await expect(queue.get()).rejects.toThrow(ClosedError)
      expect(queue.tryGet()).toBeUndefined()
      await waitAllBlocked()
      expect(joiner.status).toBe('running')
      queue.taskDone()
      await joiner
    }))

  it('with immediate drops what it holds; join then waits only for what was taken', () =>
    testRun(async () => {
      const queue = new Queue<number>({ capacity: 3 })
      for (const item of [1, 2, 3]) await queue.put(item)
      expect(await queue.get()).toBe(1)
      const joiner = spawn(() => queue.join())
      await waitAllBlocked()
      queue.close({ immediate: true })
      expect(queue.size).toBe(0)
      await expect(queue.get()).rejects.toThrow(ClosedError)
      await waitAllBlocked()
      expect(joiner.status).toBe('running')
      queue.taskDone()
      await joiner
      expect(() => queue.taskDone()).toThrow(MisuseError)
    }))

  it('with immediate ends a join that nobody works for any more, also after a first close', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await queue.put(1)
      const joiner = spawn(() => queue.join())
      await waitAllBlocked()
      queue.close()
      await waitAllBlocked()
      expect(joiner.status).toBe('running')
      queue.close({ immediate: true })
      await joiner
    }))

  it('ends loops over it when it is drained, those that wait and those that come later', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const collect = async (): Promise<number[]> => {
        const items: number[] = []
        for await (const item of queue) items.push(item)
        return items
      }
      const waiting = spawn(collect)
      await waitAllBlocked()
      await queue.put(1)
      await queue.put(2)
      queue.close()
      expect(await waiting).toEqual([1, 2])
      expect(await collect()).toEqual([])
      const other = new Queue<number>()
      const blocked = [spawn(async () => other[Symbol.asyncIterator]().next())]
      await waitAllBlocked()
      other.close()
      expect(await blocked[0]).toEqual({ done: true, value: undefined })
    }))

  it('is not called by leaving a loop', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      for (const item of [1, 2, 3]) await queue.put(item)
      for await (const item of queue) if (item === 2) break
      expect([queue.closed, queue.size, await queue.get()]).toEqual([false, 1, 3])
    }))

  it('reports no rejection twice, and none that somebody took', async () => {
    const lost = await unhandled(() =>
      testRun(async () => {
        const queue = new Queue<number>({ capacity: 1 })
        await queue.put(1)
        const gone = spawn(() => queue.put(2))
        const refused = attempt(() => queue.put(3))
        await waitAllBlocked()
        gone.cancel()
        queue.close()
        expect(await refused).toBe('CLOSED')
      }),
    )
    expect(lost).toEqual([])
  })
})

it('Queue runs on the machine as it does in virtual time', () =>
  run(
    async () => {
      const queue = new Queue<number>({ capacity: 2 })
      spawn(async () => {
        for (let i = 0; i < 10_000; i++) await queue.put(i)
        queue.close()
      })
      let next = 0
      for await (const item of queue) expect(item).toBe(next++)
      expect(next).toBe(10_000)
    },
    { handleSignals: false },
  ))
