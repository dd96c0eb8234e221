import { describe, expect, expectTypeOf, it } from 'vitest'
import { BrokenError, CancelScope, Future, Lock, now, sleep, spawn } from '../../src/index.ts'
import type { Task } from '../../src/index.ts'
import { always, explore, testRun, TestFailure, waitAllBlocked } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'
import { waitsBelow } from './wait-views.ts'

/** What a wait threw. */
function attempt(fn: () => Promise<unknown>): Task<unknown> {
  return spawn(() => fn().catch((error: unknown) => error))
}

/** A lock whose holder has ended without releasing it. */
async function abandonedLock(): Promise<Lock> {
  const lock = new Lock()
  await spawn(() => lock.acquire(), { name: 'sloppy' })
  return lock
}

const broken =
  'task sloppy ended while it held the lock; dispose what acquire gave it, and check what the lock guards'

/** A test in which a lock is left held, which testRun reports. */
async function leaving(test: () => Promise<void>): Promise<void> {
  await expect(testRun(test)).rejects.toThrow(
    expect.objectContaining({ constructor: TestFailure, code: 'LEAK' }),
  )
}

describe('Lock', () => {
  it('counts right after each step who holds it and who waits', () =>
    testRun(async () => {
      const lock = new Lock()
      expect([lock.locked, lock.waiting]).toEqual([false, 0])
      const held = await lock.acquire()
      const waiters = [1, 2].map(() =>
        spawn(async () => {
          using _held = await lock.acquire()
        }),
      )
      await waitAllBlocked()
      expect([lock.locked, lock.waiting]).toEqual([true, 2])
      waiters[0]?.cancel()
      expect([lock.locked, lock.waiting]).toEqual([true, 1])
      held[Symbol.dispose]()
      expect([lock.locked, lock.waiting]).toEqual([true, 0])
      await waiters[1]
      expect([lock.locked, lock.waiting]).toEqual([false, 0])
    }))

  it('lets its holder wait in line like anybody: the report says that it waits for itself', async () => {
    const program = testRun(async () => {
      const lock = new Lock()
      using _held = await lock.acquire()
      expect(lock.tryAcquire()).toBeUndefined()
      await lock.acquire()
    })
    await expect(program).rejects.toThrow('in a circle: main waits for itself (Lock.acquire)')
  })

  it('serves callbacks that were registered by its holder, one after the other', () =>
    testRun(async () => {
      const lock = new Lock()
      const log: string[] = []
      const bus = new EventTarget()
      const done = new Future<void>()
      bus.addEventListener('job', () => {
        const job = log.push('begins')
        void lock
          .use(() => sleep(10))
          .then(() => {
            log.push(`${job} ends at ${now() - start}`)
            if (job === 2) done.resolve()
          })
      })
      const start = now()
      bus.dispatchEvent(new globalThis.Event('job'))
      bus.dispatchEvent(new globalThis.Event('job'))
      await done
      expect(log).toEqual(['begins', 'begins', '1 ends at 10', '2 ends at 20'])
    }))

  it('takes two calls of one task into line while another holds it: the report says who waits for itself', async () => {
    const held = async (lock: Lock): Promise<void> => {
      spawn(() => lock.use(() => sleep(1)))
      await sleep(0)
    }
    await testRun(async () => {
      const lock = new Lock()
      await held(lock)
      await Promise.all([lock.use(() => sleep(1)), lock.use(() => sleep(1))])
    })
    const forgetful = testRun(async () => {
      const lock = new Lock()
      await held(lock)
      await Promise.all([lock.acquire(), lock.acquire()])
    })
    await expect(forgetful).rejects.toThrow('in a circle: main waits for itself (Lock.acquire)')
  })

  it('can be released by another task than its holder: the permit is the right to', () =>
    testRun(async () => {
      const lock = new Lock()
      const held = await lock.acquire()
      await spawn(() => held[Symbol.dispose]())
      expect(lock.locked).toBe(false)
      using _again = await lock.acquire()
    }))

  it('is broken for those in line when its holder ends without releasing it', () =>
    leaving(async () => {
      const lock = new Lock()
      const sloppy = spawn(
        async () => {
          await lock.acquire()
          await sleep(1)
        },
        { name: 'sloppy' },
      )
      const waiters = [attempt(() => lock.acquire()), attempt(() => lock.acquire())]
      await sloppy
      for (const waiter of waiters) {
        expect(await waiter).toEqual(new BrokenError(`Lock.acquire: ${broken}`))
      }
      expect([lock.locked, lock.waiting]).toEqual([true, 0])
    }))

  it('is broken for those in line when its holder fails or is cancelled', () =>
    leaving(async () => {
      const lock = new Lock()
      const holder = spawn(
        async () => {
          await lock.acquire()
          await sleep(1000)
        },
        { name: 'sloppy' },
      )
      const waiter = attempt(() => lock.acquire())
      await waitAllBlocked()
      holder.cancel()
      expect(await waiter).toBeInstanceOf(BrokenError)
    }))

  it('stays broken for those who come later, until the permit is disposed', () =>
    leaving(async () => {
      const lock = await abandonedLock()
      await expect(lock.acquire()).rejects.toThrow(new BrokenError(`Lock.acquire: ${broken}`))
      expect(() => lock.tryAcquire()).toThrow(new BrokenError(`Lock.tryAcquire: ${broken}`))
      await expect(lock.use(() => 1)).rejects.toThrow(BrokenError)
    }))

  it('is whole again when the permit of the ended task is disposed, once', () =>
    testRun(async () => {
      const lock = new Lock()
      const permit = await spawn(() => lock.acquire(), { name: 'sloppy' })
      await expect(lock.acquire()).rejects.toThrow(BrokenError)
      permit[Symbol.dispose]()
      expect(lock.locked).toBe(false)
      using _held = await lock.acquire()
      permit[Symbol.dispose]()
      expect(lock.locked).toBe(true)
      const next = spawn(() => lock.use(() => 'mine'))
      await waitAllBlocked()
      expect(lock.waiting).toBe(1)
      _held[Symbol.dispose]()
      expect(await next).toBe('mine')
    }))

  it('is broken again by the next task that ends with it', () =>
    testRun(async () => {
      const lock = new Lock()
      for (const name of ['first', 'second']) {
        const permit = await spawn(() => lock.acquire(), { name })
        await expect(lock.acquire()).rejects.toThrow(`task ${name} ended while it held the lock`)
        permit[Symbol.dispose]()
      }
      using _held = await lock.acquire()
    }))

  it('in callbacks of a task that ends is whole when each has disposed its permit', async () => {
    const { schedules } = await explore(
      async () => {
        const lock = new Lock()
        const permits: Disposable[] = []
        always('one holds it', () => permits.length <= 1)
        const handler = async (): Promise<void> => {
          try {
            permits.push(await lock.acquire())
          } catch (error) {
            if (!(error instanceof BrokenError)) throw error
          }
        }
        const release = (): void => permits.pop()?.[Symbol.dispose]()
        await spawn(async () => {
          void handler()
          await sleep(1)
        })
        const late = spawn(handler)
        while (lock.locked || ['pending', 'running'].includes(late.status)) {
          release()
          await sleep(1)
        }
        await lock.use(() => {})
      },
      { budget: 300 },
    )
    expect(schedules).toBeGreaterThan(1)
  })

  it('is not broken by the end of a task that held it before', () =>
    testRun(async () => {
      const lock = new Lock()
      for (let i = 0; i < 3; i++) {
        await spawn(async () => {
          ;(await lock.acquire())[Symbol.dispose]()
          using _again = await lock.acquire()
        })
      }
      expect(lock.locked).toBe(false)
      using _held = await lock.acquire()
    }))

  it('is not broken by the end of a task whose permit another task has released', () =>
    testRun(async () => {
      const lock = new Lock()
      let permit: Disposable | undefined
      const taker = spawn(async () => {
        permit = await lock.acquire()
        await sleep(10)
      })
      await waitAllBlocked()
      permit?.[Symbol.dispose]()
      using _held = await lock.acquire()
      await taker
      expect(lock.locked).toBe(true)
    }))

  it('is the cancellation, not the broken lock, that a cancelled scope hears of', () =>
    leaving(async () => {
      const lock = await abandonedLock()
      const scope = new CancelScope()
      scope.cancel()
      await scope.run(() => lock.acquire())
      expect(scope.cancelledCaught).toBe(true)
    }))

  it('reports broken waits once each, and lets nothing get lost', async () => {
    const lost = await unhandled(() =>
      leaving(async () => {
        const lock = await abandonedLock()
        await expect(lock.acquire()).rejects.toThrow(BrokenError)
      }),
    )
    expect(lost).toEqual([])
  })

  it('tells who held it when it is left held', async () => {
    const test = testRun(async () => {
      await abandonedLock()
    })
    await expect(test).rejects.toThrow(/Lock\.acquire, by sloppy/)
  })

  it('tells of each lock that two tasks wait for whose it is', () =>
    testRun(async () => {
      const [left, right] = [new Lock(), new Lock()]
      const philosopher = (name: string, first: Lock, second: Lock) =>
        spawn(
          async () => {
            using _first = await first.acquire()
            await sleep(1)
            using _second = await second.acquire()
          },
          { name },
        )
      const tasks = [philosopher('Plato', left, right), philosopher('Kant', right, left)]
      await sleep(2)
      expect(waitsBelow()).toEqual([
        'Plato: Lock.acquire held by Kant',
        'Kant: Lock.acquire held by Plato',
      ])
      tasks[0]?.cancel()
      await tasks[1]
    }))
})

describe('Lock.tryAcquire', () => {
  it('takes a lock that is free, and never waits for one that is not', () =>
    testRun(async () => {
      const lock = new Lock()
      const held = lock.tryAcquire()
      expect(held).toBeDefined()
      await spawn(() => expect(lock.tryAcquire()).toBeUndefined())
      held?.[Symbol.dispose]()
      expect(lock.locked).toBe(false)
    }))

  it('does not overtake those in line', () =>
    testRun(async () => {
      const lock = new Lock()
      const held = await lock.acquire()
      const heir = spawn(async () => {
        using _held = await lock.acquire()
      })
      await waitAllBlocked()
      held[Symbol.dispose]()
      expect(lock.tryAcquire()).toBeUndefined()
      await heir
    }))
})

describe('Lock.use', () => {
  it('gives back what the work returns, and the lock', () =>
    testRun(async () => {
      const lock = new Lock()
      const value = lock.use(async () => {
        expect(lock.locked).toBe(true)
        return 'value'
      })
      expectTypeOf(value).toEqualTypeOf<Promise<string>>()
      expect(await value).toBe('value')
      expect(lock.locked).toBe(false)
      expect(await lock.use(() => 1)).toBe(1)
    }))

  it('releases the lock when the work fails, at once or later, and when it is cancelled', () =>
    testRun(async () => {
      const lock = new Lock()
      const failure = new Error('work')
      await expect(
        lock.use(() => {
          throw failure
        }),
      ).rejects.toBe(failure)
      await expect(lock.use(() => Promise.reject(failure))).rejects.toBe(failure)
      const task = spawn(() => lock.use(() => sleep(1000)))
      await waitAllBlocked()
      task.cancel()
      await task.settled()
      expect([task.status, lock.locked]).toEqual(['cancelled', false])
    }))

  it('does not run the work when cancelled in line', () =>
    testRun(async () => {
      const lock = new Lock()
      using _held = await lock.acquire()
      let ran = false
      const task = spawn(() => lock.use(() => (ran = true)))
      await waitAllBlocked()
      task.cancel()
      await task.settled()
      expect([ran, lock.waiting]).toEqual([false, 0])
    }))

  it('refuses a promise that already runs', () =>
    testRun(async () => {
      await expect(new Lock().use(Promise.resolve() as never)).rejects.toThrow(
        'Lock.use: fn must be a function, got a promise that already runs (object); pass () => work() instead of work()',
      )
    }))
})
