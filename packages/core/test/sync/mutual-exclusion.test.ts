import { describe, expect, it } from 'vitest'
import {
  CancelScope,
  CapacityLimiter,
  checkpoint,
  isCancelled,
  Lock,
  run,
  RwLock,
  Semaphore,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from '../../src/index.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'
import { waitsBelow } from './wait-views.ts'

interface Mutex {
  acquire(): Promise<Disposable>
  readonly waiting: number
  readonly taken: boolean
}

/** What lets one task at a time in, each in its own way. */
const mutexes: [string, () => Mutex][] = [
  [
    'Lock.acquire',
    () => {
      const lock = new Lock()
      return {
        acquire: () => lock.acquire(),
        get waiting() {
          return lock.waiting
        },
        get taken() {
          return lock.locked
        },
      }
    },
  ],
  [
    'Semaphore.acquire',
    () => {
      const semaphore = new Semaphore(1)
      return {
        acquire: () => semaphore.acquire(),
        get waiting() {
          return semaphore.waiting
        },
        get taken() {
          return semaphore.free === 0
        },
      }
    },
  ],
  [
    'CapacityLimiter.acquire',
    () => {
      const limiter = new CapacityLimiter(1)
      return {
        acquire: () => limiter.acquire(),
        get waiting() {
          return limiter.waiting
        },
        get taken() {
          return limiter.borrowed === 1
        },
      }
    },
  ],
  [
    'RwLock.write',
    () => {
      const lock = new RwLock()
      return {
        acquire: () => lock.write(),
        get waiting() {
          return lock.waiting
        },
        get taken() {
          return lock.writing
        },
      }
    },
  ],
]

describe.each(mutexes)('%s', (kind, make) => {
  it('lets tasks in one at a time, however often they wait inside', () =>
    testRun(async () => {
      const mutex = make()
      let inside = 0
      let entered = 0
      const workers = Array.from({ length: 5 }, () =>
        spawn(async () => {
          for (let i = 0; i < 10; i++) {
            using _held = await mutex.acquire()
            inside += 1
            entered += 1
            expect(inside).toBe(1)
            await checkpoint()
            await sleep(1)
            inside -= 1
          }
        }),
      )
      for (const worker of workers) await worker
      expect([entered, mutex.taken, mutex.waiting]).toEqual([50, false, 0])
    }))

  it('serves those in line in the order they came, and latecomers after them', () =>
    testRun(async () => {
      const mutex = make()
      const order: number[] = []
      const enter = (i: number) =>
        spawn(async () => {
          using _held = await mutex.acquire()
          order.push(i)
          await sleep(1)
        })
      const held = await mutex.acquire()
      enter(1)
      enter(2)
      await waitAllBlocked()
      held[Symbol.dispose]()
      enter(3)
      await waitAllBlocked()
      expect([order, mutex.waiting]).toEqual([[1], 2])
      await sleep(10)
      expect([order, mutex.taken]).toEqual([[1, 2, 3], false])
    }))

  it('goes from hand to hand: it is never free while somebody waits', () =>
    testRun(async () => {
      const mutex = make()
      const held = await mutex.acquire()
      const order: string[] = []
      spawn(async () => {
        using _held = await mutex.acquire()
        order.push('heir')
        await sleep(1)
      })
      await waitAllBlocked()
      held[Symbol.dispose]()
      expect(mutex.taken).toBe(true)
      ;(await mutex.acquire())[Symbol.dispose]()
      order.push('latecomer')
      expect([order, mutex.taken]).toEqual([['heir', 'latecomer'], false])
    }))

  it('leaves the line when cancelled, and its holder alone', () =>
    testRun(async () => {
      const mutex = make()
      using _held = await mutex.acquire()
      const waiter = spawn(() => mutex.acquire())
      await waitAllBlocked()
      expect(mutex.waiting).toBe(1)
      waiter.cancel()
      expect([mutex.waiting, mutex.taken]).toEqual([0, true])
      await waiter.settled()
      expect(waiter.status).toBe('cancelled')
    }))

  it.each([
    ['cancelled, then released', 0],
    ['released, then cancelled', 1],
  ])('passes over a waiter cancelled in the turn of the release: %s', (_title, releaseFirst) =>
    testRun(async () => {
      const mutex = make()
      const held = await mutex.acquire()
      const seen: string[] = []
      const enter = (name: string) =>
        spawn(async () => {
          using _held = await mutex.acquire()
          seen.push(name)
          await checkpoint()
          seen.push(`${name} went on`)
        })
      const first = enter('first')
      enter('second')
      await waitAllBlocked()
      if (releaseFirst) held[Symbol.dispose]()
      first.cancel()
      held[Symbol.dispose]()
      await waitAllBlocked()
      // Granted first, it is granted: the cancellation comes at its next wait, and it gives the mutex back.
      expect(seen).toEqual([...(releaseFirst ? ['first'] : []), 'second', 'second went on'])
      expect(first.status).toBe('cancelled')
      expect([mutex.taken, mutex.waiting]).toEqual([false, 0])
    }),
  )

  it('is free when its only waiter was cancelled before the release', () =>
    testRun(async () => {
      const mutex = make()
      const held = await mutex.acquire()
      const waiter = spawn(() => mutex.acquire())
      await waitAllBlocked()
      waiter.cancel()
      held[Symbol.dispose]()
      expect([mutex.taken, mutex.waiting]).toEqual([false, 0])
      await waiter.settled()
      ;(await mutex.acquire())[Symbol.dispose]()
    }))

  it('takes nothing in a cancelled scope, also when it is free', () =>
    testRun(async () => {
      const mutex = make()
      const scope = new CancelScope()
      let error: unknown
      await scope.run(async () => {
        scope.cancel()
        error = await mutex.acquire().catch((caught: unknown) => caught)
      })
      expect(isCancelled(error)).toBe(true)
      expect([mutex.taken, mutex.waiting]).toEqual([false, 0])
    }))

  it('leaves the line when its time is over', () =>
    testRun(async () => {
      const mutex = make()
      using _held = await mutex.acquire()
      const waiter = spawn(async () => {
        await expect(timeout(10, () => mutex.acquire())).rejects.toThrow(TimeoutError)
      })
      await waiter
      expect(mutex.waiting).toBe(0)
    }))

  it('is released once, however often its permit is disposed', () =>
    testRun(async () => {
      const mutex = make()
      const first = await mutex.acquire()
      first[Symbol.dispose]()
      const second = await mutex.acquire()
      first[Symbol.dispose]()
      expect(mutex.taken).toBe(true)
      second[Symbol.dispose]()
      expect(mutex.taken).toBe(false)
    }))

  it('is released when the block is left by an error, a return or a cancellation', () =>
    testRun(async () => {
      const mutex = make()
      const fail = async (): Promise<void> => {
        using _held = await mutex.acquire()
        throw new Error('body')
      }
      await expect(fail()).rejects.toThrow('body')
      expect(mutex.taken).toBe(false)
      const leave = async (): Promise<number> => {
        using _held = await mutex.acquire()
        return 1
      }
      expect(await leave()).toBe(1)
      expect(mutex.taken).toBe(false)
      const task = spawn(async () => {
        using _held = await mutex.acquire()
        await sleep(1000)
      })
      await waitAllBlocked()
      expect(mutex.taken).toBe(true)
      task.cancel()
      await task.settled()
      expect(mutex.taken).toBe(false)
    }))

  it('works outside any task', async () => {
    const mutex = make()
    const held = await mutex.acquire()
    const order: number[] = []
    const others = [1, 2].map(async (i) => {
      using _held = await mutex.acquire()
      order.push(i)
    })
    expect(mutex.waiting).toBe(2)
    held[Symbol.dispose]()
    await Promise.all(others)
    expect([order, mutex.taken]).toEqual([[1, 2], false])
  })

  it('gives timers a turn in a loop that never has to wait', async () => {
    const mutex = make()
    const clock = { rang: false }
    setTimeout(() => (clock.rang = true), 1)
    await run(
      async () => {
        while (!clock.rang) (await mutex.acquire())[Symbol.dispose]()
      },
      { handleSignals: false },
    )
    expect(mutex.taken).toBe(false)
  })

  it('leaves no unhandled rejection behind when cancelled', async () => {
    const lost = await unhandled(() =>
      testRun(async () => {
        const mutex = make()
        using _held = await mutex.acquire()
        const waiters = [1, 2, 3].map(() => spawn(() => mutex.acquire()))
        await waitAllBlocked()
        for (const waiter of waiters) waiter.cancel()
        await waitAllBlocked()
      }),
    )
    expect(lost).toEqual([])
  })

  it('shows in the task tree as what is waited for, with its holder', () =>
    testRun(async () => {
      const mutex = make()
      const holder = spawn(
        async () => {
          using _held = await mutex.acquire()
          await sleep(1)
        },
        { name: 'holder' },
      )
      const waiter = spawn(
        async () => {
          using _held = await mutex.acquire()
        },
        { name: 'waiter' },
      )
      await waitAllBlocked()
      expect(waitsBelow()).toEqual(['holder: sleep', `waiter: ${kind} held by holder`])
      await holder
      await waiter
    }))

  it('loses nothing and doubles nothing when 100 000 in the middle of the line are cancelled', async () => {
    const mutex = make()
    const held = await mutex.acquire()
    const served: number[] = []
    const enter = async (i: number): Promise<void> => {
      using _held = await mutex.acquire()
      served.push(i)
    }
    const scope = new CancelScope()
    const crowd = Array.from({ length: 100_000 }, (_, i) => i + 10)
    const ends = [enter(1), enter(2)]
    const middle = scope.run(() => Promise.all(crowd.map(enter)))
    ends.push(enter(3))
    expect(mutex.waiting).toBe(100_003)
    scope.cancel()
    expect(mutex.waiting).toBe(3)
    held[Symbol.dispose]()
    await Promise.all(ends)
    expect([await middle, scope.cancelledCaught]).toEqual([undefined, true])
    expect([served, mutex.taken, mutex.waiting]).toEqual([[1, 2, 3], false, 0])
  })
})
