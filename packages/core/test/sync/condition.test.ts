import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  BrokenError,
  CancelScope,
  checkpoint,
  Condition,
  isCancelled,
  Lock,
  MisuseError,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { turn } from './callers.ts'
import { waitsBelow } from './wait-views.ts'

const unheld = (api: string) =>
  new MisuseError(`${api}: the lock is not held; acquire condition.lock first`)

/** Starts tasks that wait for a condition one after the other, and notes who went on. */
function crowd(condition: Condition, names: readonly string[]) {
  const order: string[] = []
  const tasks = new Map<string, Task<void>>()
  for (const name of names) {
    const wait = async (): Promise<void> => {
      using _held = await condition.lock.acquire()
      await condition.wait()
      expect(condition.lock.locked).toBe(true)
      order.push(name)
    }
    tasks.set(name, spawn(wait, { name }))
  }
  return { order, tasks }
}

describe('Condition', () => {
  it('makes a lock of its own, or shares one with others', () =>
    testRun(async () => {
      const lock = new Lock()
      const full = new Condition(lock)
      const empty = new Condition(lock)
      expect([full.lock, empty.lock]).toEqual([lock, lock])
      expect(new Condition().lock).toBeInstanceOf(Lock)
      const { order, tasks } = crowd(full, ['full'])
      crowd(empty, ['empty'])
      await waitAllBlocked()
      expect([full.waiting, empty.waiting]).toEqual([1, 1])
      {
        using _held = await lock.acquire()
        full.notifyAll()
        expect([full.waiting, empty.waiting]).toEqual([0, 1])
      }
      await tasks.get('full')
      expect(order).toEqual(['full'])
      using _held = await lock.acquire()
      empty.notify()
    }))

  it.each([
    [{}, 'Object (object)'],
    [null, 'null'],
    ['lock', '"lock" (string)'],
  ])('refuses %o for a lock', (lock, got) => {
    expect(() => new Condition(lock as Lock)).toThrow(
      new MisuseError(`Condition: lock must be a Lock, got ${got}`),
    )
  })

  it('works outside any task', async () => {
    const condition = new Condition()
    const order: string[] = []
    const waiter = (async () => {
      using _held = await condition.lock.acquire()
      await condition.wait()
      order.push('went on')
    })()
    {
      using _held = await condition.lock.acquire()
      while (condition.waiting === 0) await checkpoint()
      condition.notify()
      order.push('notified')
    }
    await waiter
    expect([order, condition.lock.locked]).toEqual([['notified', 'went on'], false])
  })
})

describe('Condition.wait', () => {
  it('refuses while nobody holds the lock, and lets go of nothing', () =>
    testRun(async () => {
      const condition = new Condition()
      await expect(condition.wait()).rejects.toThrow(unheld('Condition.wait'))
      expect([condition.lock.locked, condition.waiting]).toEqual([false, 0])
    }))

  it('lets the lock go, and has it again when it returns', () =>
    testRun(async () => {
      const condition = new Condition()
      const { order, tasks } = crowd(condition, ['a'])
      await waitAllBlocked()
      expect([condition.lock.locked, condition.waiting]).toEqual([false, 1])
      const held = await condition.lock.acquire()
      condition.notify()
      await waitAllBlocked()
      // Notified, it waits for the lock.
      expect([order, condition.waiting, condition.lock.waiting]).toEqual([[], 0, 1])
      held[Symbol.dispose]()
      expect(condition.lock.locked).toBe(true)
      await tasks.get('a')
      expect([order, condition.lock.locked]).toEqual([['a'], false])
    }))

  it('lets the lock go to the next in its line', () =>
    testRun(async () => {
      const condition = new Condition()
      using _held = await condition.lock.acquire()
      const next = spawn(async () => {
        using _held = await condition.lock.acquire()
        condition.notify()
      })
      await waitAllBlocked()
      await condition.wait()
      expect([next.status, condition.lock.locked]).toEqual(['fulfilled', true])
    }))

  it('has the lock on the way out when cancelled, though it must wait for it', () =>
    testRun(async () => {
      const condition = new Condition()
      const seen: unknown[] = []
      const waiter = spawn(async () => {
        using _held = await condition.lock.acquire()
        try {
          await condition.wait()
        } catch (error) {
          seen.push(isCancelled(error), condition.lock.locked)
          throw error
        } finally {
          seen.push('cleaned up')
        }
      })
      await waitAllBlocked()
      const held = await condition.lock.acquire()
      waiter.cancel()
      expect(condition.waiting).toBe(0)
      await waitAllBlocked()
      expect([seen, condition.lock.waiting]).toEqual([[], 1])
      held[Symbol.dispose]()
      await waiter.settled()
      expect(seen).toEqual([true, true, 'cleaned up'])
      expect([waiter.status, condition.lock.locked]).toEqual(['cancelled', false])
    }))

  it('has the lock on the way out when cancelled while the lock is free', () =>
    testRun(async () => {
      const condition = new Condition()
      const { order, tasks } = crowd(condition, ['a', 'b'])
      await waitAllBlocked()
      tasks.get('a')?.cancel()
      await waitAllBlocked()
      expect([tasks.get('a')?.status, condition.waiting]).toEqual(['cancelled', 1])
      using _held = await condition.lock.acquire()
      condition.notify()
      expect([condition.waiting, order]).toEqual([0, []])
    }))

  it('throws TimeoutError with the lock held when its time is over', () =>
    testRun(async () => {
      const condition = new Condition()
      using held = await condition.lock.acquire()
      await expect(timeout(10, () => condition.wait())).rejects.toThrow(TimeoutError)
      expect([condition.lock.locked, condition.waiting]).toEqual([true, 0])
      condition.notify() // the lock is this task's again
      held[Symbol.dispose]()
      expect(condition.lock.locked).toBe(false)
    }))

  it('is not cut short once notified: it returns, and the next wait throws', () =>
    testRun(async () => {
      const condition = new Condition()
      const seen: string[] = []
      const waiter = spawn(async () => {
        using _held = await condition.lock.acquire()
        await condition.wait()
        seen.push('notified')
        await checkpoint()
        seen.push('never')
      })
      await waitAllBlocked()
      const held = await condition.lock.acquire()
      condition.notify()
      waiter.cancel()
      await waitAllBlocked()
      expect([seen, condition.lock.waiting]).toEqual([[], 1])
      held[Symbol.dispose]()
      await waiter.settled()
      expect([seen, waiter.status]).toEqual([['notified'], 'cancelled'])
    }))

  it('loses no notification to a waiter cancelled in the same turn', () =>
    testRun(async () => {
      const condition = new Condition()
      const { order, tasks } = crowd(condition, ['a', 'b', 'c'])
      await waitAllBlocked()
      {
        using _held = await condition.lock.acquire()
        tasks.get('a')?.cancel() // before: it is not notified
        condition.notify()
        tasks.get('b')?.cancel() // after: it was
      }
      await waitAllBlocked()
      expect([order, condition.waiting]).toEqual([['b'], 1])
      using _held = await condition.lock.acquire()
      condition.notify()
    }))

  it('lets go of nothing in a cancelled scope', () =>
    testRun(async () => {
      const condition = new Condition()
      using _held = await condition.lock.acquire()
      const scope = new CancelScope()
      scope.cancel()
      const passed: string[] = []
      const other = spawn(async () => {
        using _held = await condition.lock.acquire()
        passed.push('other')
      })
      await waitAllBlocked()
      await scope.run(() => condition.wait())
      expect([scope.cancelledCaught, passed, condition.lock.waiting]).toEqual([true, [], 1])
      other.cancel()
    }))

  it('stands in the line of the lock from the notification on, before all who come later', () =>
    testRun(async () => {
      const condition = new Condition()
      const { order } = crowd(condition, ['notified'])
      await waitAllBlocked()
      const held = await condition.lock.acquire()
      condition.notify()
      held[Symbol.dispose]()
      expect(condition.lock.tryAcquire()).toBeUndefined()
      using _held = await condition.lock.acquire()
      expect(order).toEqual(['notified'])
    }))

  it('gives the lock on when its permit was disposed while it waited', () =>
    testRun(async () => {
      const condition = new Condition()
      let permit: Disposable | undefined
      const careless = spawn(async () => {
        permit = await condition.lock.acquire()
        await condition.wait()
      })
      await waitAllBlocked()
      permit?.[Symbol.dispose]()
      {
        using _held = await condition.lock.acquire()
        condition.notify()
      }
      await careless
      expect([condition.lock.locked, condition.lock.waiting]).toEqual([false, 0])
    }))

  it('is broken when a task ends while it holds the lock, asleep or notified', async () => {
    const test = testRun(async () => {
      const condition = new Condition()
      const errors: unknown[] = []
      const wait = async (): Promise<void> => {
        using _held = await condition.lock.acquire()
        await condition.wait().catch((error: unknown) => errors.push(error))
      }
      const tasks = [spawn(wait), spawn(wait), spawn(wait)]
      await waitAllBlocked()
      const sloppy = async (): Promise<void> => {
        await condition.lock.acquire()
        condition.notify()
        tasks[2]?.cancel()
        await sleep(1)
      }
      await spawn(sloppy)
      for (const task of tasks) await task.settled()
      const broken = (api: string) =>
        new BrokenError(
          `${api}: task sloppy ended while it held the lock; dispose what acquire gave it, and check what the lock guards`,
        )
      expect(errors).toHaveLength(3)
      expect(errors).toContainEqual(broken('Lock.acquire'))
      expect(errors).toContainEqual(broken('Condition.wait'))
      expect([condition.waiting, condition.lock.waiting]).toEqual([0, 0])
    })
    await expect(test).rejects.toThrow(/Lock\.acquire, by sloppy/)
  })

  it('shows in the task tree with the holder of its lock', () =>
    testRun(async () => {
      const condition = new Condition()
      const { tasks } = crowd(condition, ['waiter'])
      await waitAllBlocked()
      expect(waitsBelow()).toEqual(['waiter: Condition.wait'])
      using _held = await condition.lock.acquire()
      condition.notify()
      expect(waitsBelow()).toEqual(['waiter: Condition.wait held by main'])
      _held[Symbol.dispose]()
      await tasks.get('waiter')
    }))
})

describe('Condition.notify', () => {
  it('refuses while nobody holds the lock, and asks not who does', () =>
    testRun(async () => {
      const condition = new Condition()
      expect(() => condition.notify()).toThrow(unheld('Condition.notify'))
      expect(() => condition.notifyAll()).toThrow(unheld('Condition.notifyAll'))
      using _held = await condition.lock.acquire()
      await spawn(() => condition.notify())
    }))

  it('lets the first n go on in the order they came, one after the other', () =>
    testRun(async () => {
      const condition = new Condition()
      const { order } = crowd(condition, ['a', 'b', 'c', 'd'])
      await waitAllBlocked()
      const notify = async (n?: number): Promise<void> => {
        using _held = await condition.lock.acquire()
        condition.notify(n)
      }
      await notify()
      await waitAllBlocked()
      expect([order, condition.waiting]).toEqual([['a'], 3])
      await notify(0)
      await waitAllBlocked()
      expect(order).toEqual(['a'])
      await notify(2)
      await waitAllBlocked()
      expect([order, condition.waiting]).toEqual([['a', 'b', 'c'], 1])
      await notify(2048)
      await waitAllBlocked()
      await notify()
      expect([order, condition.waiting]).toEqual([['a', 'b', 'c', 'd'], 0])
    }))

  it.each([-1, 1.5, NaN, '1'])('refuses %s', (n) =>
    testRun(async () => {
      const condition = new Condition()
      using _held = await condition.lock.acquire()
      expect(() => condition.notify(n as number)).toThrow(
        /^Condition\.notify: n must be a whole number of at least 0, or Infinity, got /,
      )
    }),
  )

  it('lets those go on that are left when 20 000 in the middle of the line are cancelled', async () => {
    const condition = new Condition()
    const { lock } = condition
    const went: string[] = []
    const wait = async (name: string): Promise<void> => {
      using _held = await lock.acquire()
      await condition.wait()
      went.push(name)
    }
    const scope = new CancelScope()
    const ends = [wait('first')]
    const middle = scope.run(() =>
      Promise.all(Array.from({ length: 20_000 }, () => wait('middle'))),
    )
    ends.push(wait('last'))
    while (condition.waiting < 20_002) await turn()
    scope.cancel()
    expect(condition.waiting).toBe(2)
    {
      using _held = await lock.acquire()
      condition.notifyAll()
    }
    await Promise.all([...ends, middle])
    while (lock.locked) await turn() // the cancelled ones have it on their way out, one after the other
    expect([went, scope.cancelledCaught]).toEqual([['first', 'last'], true])
    expect([condition.waiting, lock.waiting, lock.locked]).toEqual([0, 0, false])
  })
})

describe('Condition.waitFor', () => {
  it('needs no lock when its predicate holds at once, and does when not', () =>
    testRun(async () => {
      const condition = new Condition()
      expect(await condition.waitFor(() => 'answer')).toBe('answer')
      await expect(condition.waitFor(() => false)).rejects.toThrow(unheld('Condition.waitFor'))
      expect([condition.waiting, condition.lock.locked]).toEqual([0, false])
    }))

  it('asks again each time it is notified, with the lock held, and returns the answer', () =>
    testRun(async () => {
      const condition = new Condition()
      const items: string[] = []
      let asked = 0
      const waiter = spawn(async () => {
        using _held = await condition.lock.acquire()
        const item = condition.waitFor(() => {
          expect(condition.lock.locked).toBe(true)
          asked += 1
          return items.at(1)
        })
        expectTypeOf(item).toEqualTypeOf<Promise<string | undefined>>()
        return await item
      })
      for (const item of ['first', 'second']) {
        await waitAllBlocked()
        expect(waiter.status).toBe('running')
        using _held = await condition.lock.acquire()
        items.push(item)
        condition.notify()
      }
      expect([await waiter, asked]).toEqual(['second', 3])
    }))

  it('is a checkpoint though its predicate holds', () =>
    testRun(async () => {
      const condition = new Condition()
      const scope = new CancelScope()
      scope.cancel()
      let asked = false
      await scope.run(() => condition.waitFor(() => (asked = true)))
      expect([scope.cancelledCaught, asked]).toEqual([true, false])
    }))

  it('throws what the predicate throws, with the lock held', () =>
    testRun(async () => {
      const condition = new Condition()
      const failure = new Error('predicate')
      const fail = (): never => {
        throw failure
      }
      await expect(condition.waitFor(fail)).rejects.toBe(failure)
      let ready = false
      const waiter = spawn(async () => {
        using _held = await condition.lock.acquire()
        const answer = condition.waitFor(() => (ready ? fail() : false))
        await expect(answer).rejects.toBe(failure)
        expect(condition.lock.locked).toBe(true)
      })
      await waitAllBlocked()
      {
        using _held = await condition.lock.acquire()
        ready = true
        condition.notifyAll()
      }
      await waiter
      expect(condition.lock.locked).toBe(false)
    }))

  it('refuses a predicate that answers later, and one that is none', () =>
    testRun(async () => {
      const condition = new Condition()
      await expect(condition.waitFor(async () => false)).rejects.toThrow(
        'Condition.waitFor: predicate must answer at once, got a promise (object); wait for it before or after',
      )
      await expect(condition.waitFor(true as never)).rejects.toThrow(
        'Condition.waitFor: predicate must be a function, got true (boolean)',
      )
    }))

  it('waits on when notified in vain, and hears of a cancellation then', () =>
    testRun(async () => {
      const condition = new Condition()
      const waiter = spawn(async () => {
        using _held = await condition.lock.acquire()
        await condition.waitFor(() => false)
      })
      await waitAllBlocked()
      {
        using _held = await condition.lock.acquire()
        condition.notify()
        waiter.cancel()
      }
      await waiter.settled()
      expect([waiter.status, condition.waiting, condition.lock.locked]).toEqual([
        'cancelled',
        0,
        false,
      ])
    }))
})
