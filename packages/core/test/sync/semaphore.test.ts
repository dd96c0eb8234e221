import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  CancelScope,
  checkpoint,
  ClosedError,
  MisuseError,
  Semaphore,
  sleep,
  spawn,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'

/** Asks for permits one task at a time, and notes who got them. */
function crowd(semaphore: Semaphore) {
  const order: string[] = []
  const permits = new Map<string, Disposable>()
  const ask = (name: string, n?: number): Task<void> =>
    spawn(async () => {
      permits.set(name, await semaphore.acquire(n))
      order.push(name)
    })
  const release = (name: string): void => permits.get(name)?.[Symbol.dispose]()
  return { ask, order, release }
}

function attempt(fn: () => Promise<unknown>): Task<unknown> {
  return spawn(() => fn().catch((error: unknown) => error))
}

describe('Semaphore', () => {
  it.each([-1, 1.5, NaN, '1', undefined, null, 2 ** 53])('refuses %s permits', (permits) => {
    expect(() => new Semaphore(permits as number)).toThrow(
      /^Semaphore: permits must be a whole number of at least 0, or Infinity, got /,
    )
  })

  it('of 3 permits lets 3 of 5 in, and the others as permits come back', () =>
    testRun(async () => {
      const semaphore = new Semaphore(3)
      const { ask, order, release } = crowd(semaphore)
      for (const name of ['a', 'b', 'c', 'd', 'e']) ask(name)
      await waitAllBlocked()
      expect([order, semaphore.free, semaphore.waiting]).toEqual([['a', 'b', 'c'], 0, 2])
      release('a')
      release('c')
      // They go from hand to hand: at no moment are they free.
      expect([semaphore.free, semaphore.waiting]).toEqual([0, 0])
      expect(semaphore.tryAcquire()).toBeUndefined()
      await waitAllBlocked()
      expect(order).toEqual(['a', 'b', 'c', 'd', 'e'])
      for (const name of order) release(name)
      expect(semaphore.free).toBe(3)
    }))

  it('of no permits is locked until it gets some', () =>
    testRun(async () => {
      const semaphore = new Semaphore(0)
      expect([semaphore.free, semaphore.tryAcquire()]).toEqual([0, undefined])
      const task = spawn(async () => {
        using _permit = await semaphore.acquire()
      })
      await waitAllBlocked()
      expect(semaphore.waiting).toBe(1)
      semaphore.resize(1)
      await task
      expect(semaphore.free).toBe(1)
    }))

  it('of Infinity permits lets everybody in', () =>
    testRun(async () => {
      const semaphore = new Semaphore(Infinity)
      using _many = await semaphore.acquire(1_000_000)
      using _one = await semaphore.acquire()
      expect(semaphore.free).toBe(Infinity)
    }))
})

describe('Semaphore.acquire', () => {
  it.each([
    [0, 'a whole number of at least 1, got 0 (number)'],
    [-1, 'a whole number of at least 1, got -1 (number)'],
    [1.5, 'a whole number of at least 1, got 1.5 (number)'],
    [NaN, 'a whole number of at least 1, got NaN (number)'],
    ['2', 'a whole number of at least 1, got "2" (string)'],
    [null, 'a whole number of at least 1, got null'],
    [4, 'at most 3, the most permits there have been, got 4 (number)'],
    [Infinity, 'a whole number of at least 1, got Infinity (number)'],
  ])('refuses to wait for %s of 3 permits', (n, rule) =>
    testRun(async () => {
      const semaphore = new Semaphore(3)
      const acquired = semaphore.acquire(n as number)
      await expect(acquired).rejects.toThrow(
        new MisuseError(`Semaphore.acquire: n must be ${rule}`),
      )
      expect(() => semaphore.tryAcquire(n as number)).toThrow(
        new MisuseError(`Semaphore.tryAcquire: n must be ${rule}`),
      )
      expect([semaphore.free, semaphore.waiting]).toEqual([3, 0])
    }),
  )

  it('loses no permit when cancelled in line: the next release serves the first who is left', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      const { ask, order, release } = crowd(semaphore)
      const tasks = ['holder', '1', '2', '3', '4'].map((name) => ask(name))
      await waitAllBlocked()
      tasks[1]?.cancel()
      tasks[2]?.cancel()
      expect(semaphore.waiting).toBe(2)
      release('holder')
      await waitAllBlocked()
      expect([order, semaphore.waiting]).toEqual([['holder', '3'], 1])
      release('3')
      await waitAllBlocked()
      release('4')
      expect([semaphore.free, semaphore.waiting]).toEqual([1, 0])
    }))

  it('serves the second of two when the first was cancelled, and does not hang', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      const { ask, order, release } = crowd(semaphore)
      ask('holder')
      const first = ask('first')
      ask('second')
      await waitAllBlocked()
      first.cancel()
      release('holder')
      await waitAllBlocked()
      expect(order).toEqual(['holder', 'second'])
      release('second')
      expect(semaphore.free).toBe(1)
    }))

  it('serves those behind a large request at once when that one is cancelled', () =>
    testRun(async () => {
      const semaphore = new Semaphore(3)
      const { ask, order, release } = crowd(semaphore)
      ask('holder', 2)
      const large = ask('large', 3)
      ask('small')
      ask('other', 1)
      await waitAllBlocked()
      expect([order, semaphore.free]).toEqual([['holder'], 1])
      large.cancel()
      expect([semaphore.free, semaphore.waiting]).toEqual([0, 1])
      await waitAllBlocked()
      expect(order).toEqual(['holder', 'small'])
      release('holder')
      await waitAllBlocked()
      for (const name of ['small', 'other']) release(name)
      expect([semaphore.free, semaphore.waiting]).toEqual([3, 0])
    }))

  it('serves nobody early when one further back in line is cancelled', () =>
    testRun(async () => {
      const semaphore = new Semaphore(3)
      const { ask, order, release } = crowd(semaphore)
      ask('holder', 2)
      ask('large', 3)
      const small = ask('small')
      await waitAllBlocked()
      small.cancel()
      await waitAllBlocked()
      expect([order, semaphore.free, semaphore.waiting]).toEqual([['holder'], 1, 1])
      release('holder')
      await waitAllBlocked()
      expect(order).toEqual(['holder', 'large'])
      release('large')
    }))

  it('grants nothing to a waiter that falls to the same cancellation as the one before it', () =>
    testRun(async () => {
      const semaphore = new Semaphore(2)
      const { ask, order, release } = crowd(semaphore)
      ask('holder')
      await waitAllBlocked()
      const both = spawn(async () => {
        const pair = [2, 1].map((n) => semaphore.acquire(n))
        await Promise.allSettled(pair)
      })
      ask('last')
      await waitAllBlocked()
      both.cancel()
      await waitAllBlocked()
      expect(order).toEqual(['holder', 'last'])
      for (const name of order) release(name)
      expect(semaphore.free).toBe(2)
    }))

  it('holds small requests back behind a large one, so that it is never starved', () =>
    testRun(async () => {
      const semaphore = new Semaphore(2)
      const { ask, order, release } = crowd(semaphore)
      ask('a')
      ask('large', 2)
      ask('b')
      await waitAllBlocked()
      expect([order, semaphore.tryAcquire(), semaphore.free]).toEqual([['a'], undefined, 1])
      release('a')
      await waitAllBlocked()
      expect(order).toEqual(['a', 'large'])
      release('large')
      await waitAllBlocked()
      expect(order).toEqual(['a', 'large', 'b'])
      release('b')
      expect(semaphore.free).toBe(2)
    }))

  it('keeps the permits of a waiter that is cancelled after they were granted to it', () =>
    testRun(async () => {
      const semaphore = new Semaphore(2)
      const held = await semaphore.acquire(2)
      const task = spawn(async () => {
        using _permit = await semaphore.acquire(2)
        expect(semaphore.free).toBe(0)
        await checkpoint()
      })
      await waitAllBlocked()
      held[Symbol.dispose]()
      task.cancel()
      expect(semaphore.free).toBe(0)
      await task.settled()
      expect([task.status, semaphore.free]).toEqual(['cancelled', 2])
    }))

  it('tells in a test run who still holds a permit when it ends', async () => {
    const test = testRun(async () => {
      const semaphore = new Semaphore(2)
      await spawn(() => semaphore.acquire(), { name: 'sloppy' })
    })
    await expect(test).rejects.toThrow(/Semaphore\.acquire, by sloppy/)
  })

  it('may be given back by a task that did not take it, after the one that did has ended', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      const permit = await spawn(() => semaphore.acquire())
      expect(semaphore.free).toBe(0)
      permit[Symbol.dispose]()
      expect(semaphore.free).toBe(1)
    }))
})

describe('Semaphore.resize', () => {
  it('serves those in line at once when there are more', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      const { ask, order, release } = crowd(semaphore)
      for (const name of ['a', 'b', 'c', 'd']) ask(name)
      await waitAllBlocked()
      semaphore.resize(3)
      expect([semaphore.free, semaphore.waiting]).toEqual([0, 1])
      await waitAllBlocked()
      expect(order).toEqual(['a', 'b', 'c'])
      semaphore.resize(10)
      await waitAllBlocked()
      for (const name of order) release(name)
      expect(semaphore.free).toBe(10)
    }))

  it('takes nothing from those who hold: what is missing, is missing when they give back', () =>
    testRun(async () => {
      const semaphore = new Semaphore(3)
      const { ask, order, release } = crowd(semaphore)
      for (const name of ['a', 'b', 'c', 'd']) ask(name)
      await waitAllBlocked()
      semaphore.resize(1)
      expect([semaphore.free, semaphore.waiting]).toEqual([-2, 1])
      release('a')
      release('b')
      await waitAllBlocked()
      expect([order, semaphore.free]).toEqual([['a', 'b', 'c'], 0])
      release('c')
      await waitAllBlocked()
      expect([order, semaphore.free]).toEqual([['a', 'b', 'c', 'd'], 0])
      release('d')
      expect(semaphore.free).toBe(1)
    }))

  it('to 0 makes everybody wait until there are permits again', () =>
    testRun(async () => {
      const semaphore = new Semaphore(4)
      semaphore.resize(0)
      const { ask, order, release } = crowd(semaphore)
      ask('large', 3)
      ask('small')
      await waitAllBlocked()
      expect([order, semaphore.waiting]).toEqual([[], 2])
      semaphore.resize(3)
      await waitAllBlocked()
      expect(order).toEqual(['large'])
      semaphore.resize(Infinity)
      await waitAllBlocked()
      expect(order).toEqual(['large', 'small'])
      for (const name of order) release(name)
    }))

  it.each([-1, 0.5, NaN, '3'])('refuses %s', (permits) => {
    const semaphore = new Semaphore(1)
    expect(() => semaphore.resize(permits as number)).toThrow(
      /^Semaphore\.resize: permits must be a whole number of at least 0, or Infinity, got /,
    )
    expect(semaphore.free).toBe(1)
  })
})

describe('Semaphore.close', () => {
  const message = (api: string) =>
    new ClosedError(`${api}: the semaphore is closed; make a new one`)

  it('turns away those in line and those who come later', () =>
    testRun(async () => {
      const semaphore = new Semaphore(2)
      const held = await semaphore.acquire()
      const waiters = [attempt(() => semaphore.acquire(2)), attempt(() => semaphore.acquire())]
      await waitAllBlocked()
      semaphore.close()
      semaphore.close()
      expect(semaphore.waiting).toBe(0)
      for (const waiter of waiters) expect(await waiter).toEqual(message('Semaphore.acquire'))
      await expect(semaphore.acquire()).rejects.toThrow(message('Semaphore.acquire'))
      await expect(semaphore.use(() => 1)).rejects.toThrow(message('Semaphore.acquire'))
      expect(() => semaphore.tryAcquire()).toThrow(message('Semaphore.tryAcquire'))
      held[Symbol.dispose]()
      expect(semaphore.free).toBe(2)
    }))

  it('leaves a waiter its permit that was granted it just before', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      const held = await semaphore.acquire()
      const waiter = spawn(() => semaphore.acquire())
      await waitAllBlocked()
      held[Symbol.dispose]()
      semaphore.close()
      ;(await waiter)[Symbol.dispose]()
      expect(semaphore.free).toBe(1)
    }))

  it('does not hide a cancellation', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      semaphore.close()
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => semaphore.acquire())
      expect(scope.cancelledCaught).toBe(true)
    }))
})

describe('Semaphore.tryAcquire', () => {
  it('takes what is free and never waits', () =>
    testRun(async () => {
      const semaphore = new Semaphore(3)
      const two = semaphore.tryAcquire(2)
      expect([semaphore.free, semaphore.tryAcquire(2)]).toEqual([1, undefined])
      const one = semaphore.tryAcquire()
      expect(semaphore.free).toBe(0)
      two?.[Symbol.dispose]()
      two?.[Symbol.dispose]()
      one?.[Symbol.dispose]()
      expect(semaphore.free).toBe(3)
    }))
})

describe('Semaphore.use', () => {
  it('runs as many at a time as there are permits, and gives back what they return', () =>
    testRun(async () => {
      const semaphore = new Semaphore(2)
      let inside = 0
      let most = 0
      const tasks = Array.from({ length: 10 }, (_, i) =>
        spawn(() =>
          semaphore.use(async () => {
            inside += 1
            most = Math.max(most, inside)
            await sleep(10)
            inside -= 1
            return i
          }),
        ),
      )
      expectTypeOf(tasks[0]!).toEqualTypeOf<Task<number>>()
      const values: number[] = []
      for (const task of tasks) values.push(await task)
      expect([values, most, semaphore.free]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2, 2])
    }))

  it('gives the permit back when the work fails or is cancelled', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      const failure = new Error('work')
      await expect(
        semaphore.use(() => {
          throw failure
        }),
      ).rejects.toBe(failure)
      const task = spawn(() => semaphore.use(() => sleep(1000)))
      await waitAllBlocked()
      expect(semaphore.free).toBe(0)
      task.cancel()
      await task.settled()
      expect(semaphore.free).toBe(1)
    }))

  it('refuses a promise that already runs, and takes no permit for it', () =>
    testRun(async () => {
      const semaphore = new Semaphore(1)
      await expect(semaphore.use(Promise.resolve() as never)).rejects.toThrow(MisuseError)
      expect(semaphore.free).toBe(1)
    }))
})
