import { EventEmitter } from 'node:events'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  CancelScope,
  CapacityLimiter,
  checkpoint,
  currentTask,
  MisuseError,
  select,
  sleep,
  spawn,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { waitsBelow } from './wait-views.ts'

function counts(limiter: CapacityLimiter): [number, number] {
  return [limiter.borrowed, limiter.waiting]
}

/** Borrows for each name, one after the other, and notes who got a token. */
function lend(limiter: CapacityLimiter, names: Iterable<unknown>) {
  const order: unknown[] = []
  const tasks = new Map<unknown, Task<void>>()
  for (const name of names) {
    const borrow = async (): Promise<void> => {
      await limiter.acquire(name)
      order.push(name)
    }
    tasks.set(name, spawn(borrow))
  }
  return { order, tasks }
}

describe('CapacityLimiter', () => {
  it.each([-1, 1.5, NaN, '2', undefined])('refuses a total of %s', (total) => {
    const rule = /^CapacityLimiter: total must be a whole number of at least 0, or Infinity, got /
    expect(() => new CapacityLimiter(total as number)).toThrow(rule)
    const limiter = new CapacityLimiter(2)
    expect(() => {
      limiter.total = total as number
    }).toThrow(rule)
    expect(limiter.total).toBe(2)
  })

  it('lends at most its total at a time, in the order they asked', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(2)
      const { order } = lend(limiter, 'abcd')
      await waitAllBlocked()
      expect([order, ...counts(limiter)]).toEqual([['a', 'b'], 2, 2])
      limiter.release('b')
      // From hand to hand: there is none to be had in between.
      expect(counts(limiter)).toEqual([2, 1])
      await waitAllBlocked()
      expect(order).toEqual(['a', 'b', 'c'])
      for (const name of 'acd') {
        limiter.release(name)
        await waitAllBlocked()
      }
      expect([order, ...counts(limiter)]).toEqual([['a', 'b', 'c', 'd'], 0, 0])
    }))

  it('of Infinity lends to everybody', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(Infinity)
      for (let i = 0; i < 1000; i++) await limiter.acquire(i)
      expect(counts(limiter)).toEqual([1000, 0])
    }))
})

describe('CapacityLimiter.acquire', () => {
  it('lends to the current task as often as it asks, since its callbacks share it', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(3)
      const bus = new EventEmitter()
      let [running, most] = [0, 0]
      const ends: Promise<void>[] = []
      bus.on('job', () => {
        const job = limiter.use(async () => {
          most = Math.max(most, ++running)
          await sleep(1)
          running -= 1
        })
        ends.push(job)
      })
      for (let i = 0; i < 10; i++) bus.emit('job')
      expect(counts(limiter)).toEqual([3, 7])
      await Promise.all(ends)
      expect([most, ...counts(limiter)]).toEqual([3, 0, 0])
    }))

  it('lends on behalf of a task as of any other key, once', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(3)
      using _mine = await limiter.acquire()
      using _named = await limiter.acquire(currentTask())
      const twice =
        'CapacityLimiter.acquire: task main has a token already; release it first, or name another borrower'
      await expect(limiter.acquire(currentTask())).rejects.toThrow(new MisuseError(twice))
      expect(limiter.borrowed).toBe(2)
    }))

  it.each([[{}], ['text'], [0], [null], [Symbol('worker')]])(
    'lends on behalf of %o, once',
    (borrower) =>
      testRun(async () => {
        const limiter = new CapacityLimiter(2)
        const token = await limiter.acquire(borrower)
        await expect(limiter.acquire(borrower)).rejects.toThrow(MisuseError)
        token[Symbol.dispose]()
        expect(limiter.borrowed).toBe(0)
        await limiter.acquire(borrower)
        limiter.release(borrower)
        expect(limiter.borrowed).toBe(0)
      }),
  )

  it('refuses a borrower that is in line already', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire('holder')
      const waiter = spawn(() => limiter.acquire('waiter'))
      await waitAllBlocked()
      await expect(limiter.acquire('waiter')).rejects.toThrow(
        new MisuseError(
          'CapacityLimiter.acquire: "waiter" (string) is in line already; release it first, or name another borrower',
        ),
      )
      expect(limiter.waiting).toBe(1)
      limiter.release('holder')
      ;(await waiter)[Symbol.dispose]()
    }))

  it('leaves no trace of a borrower that was cancelled in line', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire('holder')
      const { order, tasks } = lend(limiter, ['x', 'y'])
      await waitAllBlocked()
      tasks.get('x')?.cancel()
      expect(counts(limiter)).toEqual([1, 1])
      const again = spawn(() => limiter.acquire('x'))
      await waitAllBlocked()
      limiter.release('holder')
      await waitAllBlocked()
      limiter.release('y')
      ;(await again)[Symbol.dispose]()
      expect([order, ...counts(limiter)]).toEqual([['y'], 0, 0])
    }))

  it('leaves no trace of a borrower that asked in a cancelled scope', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(0)
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => limiter.acquire('x'))
      limiter.total = 1
      await limiter.acquire('x')
      expect(counts(limiter)).toEqual([1, 0])
    }))

  it('lends to a borrower that is cancelled after it was its turn', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire('holder')
      const waiter = spawn(async () => {
        using _token = await limiter.acquire()
        expect(limiter.borrowed).toBe(1)
        await checkpoint()
      })
      await waitAllBlocked()
      limiter.release('holder')
      waiter.cancel()
      expect(limiter.borrowed).toBe(1)
      await waiter.settled()
      expect([waiter.status, ...counts(limiter)]).toEqual(['cancelled', 0, 0])
    }))

  it('lends to nobody in particular outside any task', async () => {
    const limiter = new CapacityLimiter(2)
    const tokens = [await limiter.acquire(), await limiter.acquire()]
    const third = limiter.acquire()
    expect(counts(limiter)).toEqual([2, 1])
    limiter.release()
    expect(counts(limiter)).toEqual([2, 0])
    for (const token of tokens) token[Symbol.dispose]()
    ;(await third)[Symbol.dispose]()
    expect(counts(limiter)).toEqual([0, 0])
    expect(() => limiter.release()).toThrow(
      new MisuseError(
        'CapacityLimiter.release: code outside any task has no token; release it once, for the borrower that acquired it',
      ),
    )
  })

  it('shows in the task tree with the tasks that borrowed', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(2)
      await limiter.acquire('no task')
      const hold = () => limiter.use(() => sleep(1))
      const tasks = [spawn(hold, { name: 'a' }), spawn(hold, { name: 'b' })]
      await waitAllBlocked()
      expect(waitsBelow()).toEqual(['a: sleep', 'b: CapacityLimiter.acquire held by a'])
      for (const task of tasks) await task
    }))
})

describe('CapacityLimiter.release', () => {
  it('takes back the token of the current task, or of a borrower', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(2)
      await limiter.acquire()
      await limiter.acquire('other')
      limiter.release()
      limiter.release('other')
      expect(limiter.borrowed).toBe(0)
    }))

  it('without a key takes back the tokens of the current task, the latest first, and no others', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(10)
      const tokens = [await limiter.acquire(), await limiter.acquire(), await limiter.acquire()]
      const other = await spawn(() => limiter.acquire())
      await limiter.acquire('key')
      tokens[1]?.[Symbol.dispose]()
      limiter.release()
      expect(limiter.borrowed).toBe(3)
      tokens[2]?.[Symbol.dispose]() // that one was taken back
      expect(limiter.borrowed).toBe(3)
      limiter.release()
      tokens[0]?.[Symbol.dispose]()
      expect(limiter.borrowed).toBe(2)
      expect(() => limiter.release()).toThrow('task main has no token')
      other[Symbol.dispose]()
      limiter.release('key')
      expect(limiter.borrowed).toBe(0)
    }))

  it('without a key costs the same for 100 000 tokens of one task, in whatever order they end', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(Infinity)
      const tokens: Disposable[] = []
      for (let i = 0; i < 100_000; i++) tokens.push(await limiter.acquire())
      for (let i = 0; i < tokens.length; i += 2) tokens[i]?.[Symbol.dispose]()
      for (let i = 0; i < 50_000; i++) limiter.release()
      expect(limiter.borrowed).toBe(0)
      expect(() => limiter.release()).toThrow(MisuseError)
    }))

  it('refuses a borrower that has none, and changes nothing', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire('holder')
      const waiter = spawn(() => limiter.acquire('waiter'))
      await waitAllBlocked()
      const none = (who: string) =>
        new MisuseError(
          `CapacityLimiter.release: ${who} has no token; release it once, for the borrower that acquired it`,
        )
      expect(() => limiter.release()).toThrow(none('task main'))
      expect(() => limiter.release('stranger')).toThrow(none('"stranger" (string)'))
      expect(() => limiter.release('waiter')).toThrow(none('"waiter" (string)'))
      expect(counts(limiter)).toEqual([1, 1])
      limiter.release('holder')
      ;(await waiter)[Symbol.dispose]()
      expect(() => limiter.release('holder')).toThrow(none('"holder" (string)'))
      expect(limiter.borrowed).toBe(0)
    }))

  it('and disposing the token are one: only the first counts', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      const token = await limiter.acquire('x')
      limiter.release('x')
      const again = await limiter.acquire('x')
      token[Symbol.dispose]()
      expect(limiter.borrowed).toBe(1)
      again[Symbol.dispose]()
      expect(() => limiter.release('x')).toThrow(MisuseError)
      expect(limiter.borrowed).toBe(0)
    }))
})

describe('CapacityLimiter.total', () => {
  it('raised from 2 to 4 serves two in line at once', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(2)
      const { order } = lend(limiter, 'abcde')
      await waitAllBlocked()
      limiter.total = 4
      expect([limiter.total, ...counts(limiter)]).toEqual([4, 4, 1])
      await waitAllBlocked()
      expect(order).toEqual(['a', 'b', 'c', 'd'])
      limiter.total = 6
      await waitAllBlocked()
      // Those in line have theirs, and so has a newcomer.
      await limiter.acquire('newcomer')
      expect(counts(limiter)).toEqual([6, 0])
    }))

  it('lowered from 4 to 1 lends nothing until enough came back', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(4)
      const { order } = lend(limiter, 'abcde')
      await waitAllBlocked()
      limiter.total = 1
      expect(counts(limiter)).toEqual([4, 1])
      for (const name of 'abc') limiter.release(name)
      await waitAllBlocked()
      expect([order, ...counts(limiter)]).toEqual([['a', 'b', 'c', 'd'], 1, 1])
      limiter.release('d')
      await waitAllBlocked()
      expect([order.at(-1), ...counts(limiter)]).toEqual(['e', 1, 0])
    }))

  it('of 0 holds everybody back, and Infinity nobody', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(0)
      const { order } = lend(limiter, 'abc')
      await waitAllBlocked()
      expect([order, ...counts(limiter)]).toEqual([[], 0, 3])
      limiter.total = Infinity
      await waitAllBlocked()
      expect([order, ...counts(limiter)]).toEqual([['a', 'b', 'c'], 3, 0])
    }))
})

describe('CapacityLimiter in a select', () => {
  it('knows the token of the case that was taken, though the same borrower waited in another', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire('first')
      const acquire = (): Promise<Disposable> => limiter.acquire('second')
      const chosen = spawn(() => select([acquire, acquire]))
      await waitAllBlocked()
      limiter.release('first')
      await chosen
      expect(counts(limiter)).toEqual([1, 0])
      limiter.release('second')
      expect(counts(limiter)).toEqual([0, 0])
    }))
})

describe('CapacityLimiter.use', () => {
  it('runs as many at a time as there are tokens, and gives back what they return', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(3)
      let most = 0
      const tasks = Array.from({ length: 10 }, (_, i) =>
        spawn(() =>
          limiter.use(async () => {
            most = Math.max(most, limiter.borrowed)
            await sleep(10)
            return i
          }),
        ),
      )
      expectTypeOf(tasks[0]!).toEqualTypeOf<Task<number>>()
      let sum = 0
      for (const task of tasks) sum += await task
      expect([sum, most, ...counts(limiter)]).toEqual([45, 3, 0, 0])
    }))

  it('gives the token back when the work fails or is cancelled', () =>
    testRun(async () => {
      const limiter = new CapacityLimiter(1)
      const failure = new Error('work')
      await expect(limiter.use(() => Promise.reject(failure))).rejects.toBe(failure)
      const task = spawn(() => limiter.use(() => sleep(1000)))
      await waitAllBlocked()
      task.cancel()
      await task.settled()
      expect(counts(limiter)).toEqual([0, 0])
      await expect(limiter.use(Promise.resolve() as never)).rejects.toThrow(MisuseError)
      expect(counts(limiter)).toEqual([0, 0])
    }))
})
