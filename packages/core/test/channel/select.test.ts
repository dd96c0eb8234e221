import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  Cancelled,
  cancellable,
  CancelScope,
  checkpoint,
  ClosedError,
  Event,
  Future,
  isCancelled,
  Lock,
  MisuseError,
  now,
  openChannel,
  Queue,
  run,
  select,
  Semaphore,
  shield,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
  Watch,
} from '../../src/index.ts'
import { probe } from '../../src/lowlevel.ts'
import { testRun, waitAllBlocked } from '../../src/testing.ts'
import { unhandled } from '../unhandled.ts'

describe('select', () => {
  it('takes the case that is ready, and touches no other', () =>
    testRun(async () => {
      const [empty, stocked, unasked] = [new Queue<string>(), new Queue<string>(), new Queue()]
      stocked.tryPut('item')
      unasked.tryPut('not asked')
      const won = await select({
        empty: () => empty.get(),
        stocked: () => stocked.get(),
        unasked: () => unasked.get(),
      })
      expect(won).toEqual({ key: 'stocked', value: 'item' })
      expect([empty.getters, stocked.size, unasked.size]).toEqual([0, 0, 1])
    }))

  it.each([1, 2, 3, 4, 5])(
    'stands in all lines before it gives way: %i turns later an item is not missed',
    (turns) =>
      testRun(async () => {
        const queue = new Queue<string>()
        spawn(async () => {
          for (let i = 1; i < turns; i++) await Promise.resolve()
          void queue.put('item')
        })
        const stop = new Event()
        const won = await timeout(10, () =>
          select({ item: () => queue.get(), stop: () => stop.wait() }),
        )
        expect(won).toEqual({ key: 'item', value: 'item' })
      }),
  )

  it('waits in all lines, takes the first that is granted and leaves the others without a trace', () =>
    testRun(async () => {
      const queues = [new Queue<number>(), new Queue<number>(), new Queue<number>()]
      const task = spawn(() => select(queues.map((queue) => () => queue.get())))
      await waitAllBlocked()
      expect(queues.map((queue) => queue.getters)).toEqual([1, 1, 1])
      expect(queues[1]?.tryPut(7)).toBe(true)
      expect(queues.map((queue) => queue.getters)).toEqual([0, 0, 0])
      queues[0]?.tryPut(8)
      expect(await task).toEqual({ key: 1, value: 7 })
      expect(queues.map((queue) => queue.size)).toEqual([1, 0, 0])
    }))

  it('takes one effect of two that are granted in the same turn', () =>
    testRun(async () => {
      const [a, b] = [new Queue<string>(), new Queue<string>()]
      const task = spawn(() => select({ a: () => a.get(), b: () => b.get() }))
      await waitAllBlocked()
      b.tryPut('b')
      a.tryPut('a')
      expect(await task).toEqual({ key: 'b', value: 'b' })
      expect([a.size, b.size]).toEqual([1, 0])
    }))

  it('puts into the queue that has room first, and into no other', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>({ capacity: 1 }), new Queue<number>({ capacity: 1 })]
      a.tryPut(0)
      b.tryPut(0)
      const task = spawn(() => select({ a: () => a.put(1), b: () => b.put(2) }))
      await waitAllBlocked()
      expect([a.putters, b.putters]).toEqual([1, 1])
      expect(b.tryGet()).toBe(0)
      expect([a.putters, b.putters, b.size]).toEqual([0, 0, 1])
      expect(a.tryGet()).toBe(0)
      expect(await task).toEqual({ key: 'b', value: undefined })
      expect([a.size, b.tryGet()]).toEqual([0, 2])
    }))

  it('sends or receives on channels, one or the other', () =>
    testRun(async () => {
      const [out, outside] = openChannel<string>({ capacity: 0 })
      const [inside, incoming] = openChannel<string>({ capacity: 0 })
      const both = () => select({ sent: () => out.send('x'), got: () => incoming.receive() })
      let task = spawn(both)
      await waitAllBlocked()
      expect([out.waiting, incoming.waiting]).toEqual([1, 1])
      expect(outside.tryReceive()).toBe('x')
      expect(inside.trySend('y')).toBe(false)
      expect(await task).toEqual({ key: 'sent', value: undefined })
      task = spawn(both)
      await waitAllBlocked()
      expect(inside.trySend('y')).toBe(true)
      expect(outside.tryReceive()).toBeUndefined()
      expect(await task).toEqual({ key: 'got', value: 'y' })
    }))

  it('never takes what it gives itself, on one channel or one queue', () =>
    testRun(async () => {
      const [sender, receiver] = openChannel<string>({ capacity: 0 })
      const both = () => select({ sent: () => sender.send('mine'), got: () => receiver.receive() })
      const first = spawn(both)
      await waitAllBlocked()
      expect([sender.waiting, receiver.waiting]).toEqual([1, 1])
      const second = spawn(both)
      expect(await first).toEqual({ key: 'got', value: 'mine' })
      expect(await second).toEqual({ key: 'sent', value: undefined })
      expect([sender.waiting, receiver.waiting]).toEqual([0, 0])

      const full = new Queue<number>({ capacity: 1 })
      full.tryPut(1)
      expect(await select({ put: () => full.put(2), got: () => full.get() })).toEqual({
        key: 'got',
        value: 1,
      })
      expect([full.size, full.putters]).toEqual([0, 0])
    }))

  it.each([0, '', null, undefined, false])('carries the falsy item %s', (item) =>
    testRun(async () => {
      const queue = new Queue<unknown>()
      const task = spawn(() => select([() => queue.get(), () => sleep(100)]))
      await waitAllBlocked()
      queue.tryPut(item)
      expect(await task).toEqual({ key: 0, value: item })
    }),
  )

  it('ends by the sleep in it, and leaves no timer when it ends otherwise', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const cases = { item: () => queue.get(), late: () => sleep(50) }
      expect(await select(cases)).toEqual({ key: 'late', value: undefined })
      expect([now(), queue.getters]).toEqual([50, 0])
      queue.tryPut(1)
      expect(await select(cases)).toEqual({ key: 'item', value: 1 })
      const task = spawn(() => select(cases))
      await sleep(20)
      queue.tryPut(2)
      expect(await task).toEqual({ key: 'item', value: 2 })
      expect(now()).toBe(70) // a timer left over fails the run
    }))

  it('waits for events, the end of tasks, futures, locks, permits, receivers and promises', () =>
    testRun(async () => {
      const never = new Queue<never>()
      const event = new Event()
      const future = new Future<string>()
      const lock = new Lock()
      const semaphore = new Semaphore(1)
      const watch = new Watch(0)
      const changes = watch.subscribe()
      let settle: (value: string) => void = () => {}
      const promise = new Promise<string>((resolve) => {
        settle = resolve
      })
      const work = spawn(async () => {
        await sleep(10)
        return 'done'
      })
      const held = [await lock.acquire(), await semaphore.acquire()]
      const either = <T>(call: () => PromiseLike<T>) =>
        spawn(() => select({ never: () => never.get(), call }))
      const tasks = [
        either(() => event.wait()),
        either(() => work),
        either(() => future),
        either(() => changes.receive()),
        either(() => watch.changed()),
        either(() => cancellable(promise)),
      ]
      const holding = (acquire: () => Promise<Disposable>) =>
        spawn(async () => {
          using _held = (await select([() => never.get(), acquire])).value
        })
      const holders = [holding(() => lock.acquire()), holding(() => semaphore.acquire())]
      await waitAllBlocked()
      expect(never.getters).toBe(8)
      event.set()
      future.resolve('resolved')
      watch.set(1)
      settle('settled')
      for (const each of held) each[Symbol.dispose]()
      const values = []
      for (const task of tasks) values.push((await task).value)
      expect(values).toEqual([undefined, 'done', 'resolved', 1, 1, 'settled'])
      for (const task of holders) await task
      expect([never.getters, lock.locked, semaphore.free]).toEqual([0, false, 1])
    }))

  it('decides at once by a case that makes no wait, so that a last one can be the default', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const poll = () => select({ item: () => queue.get(), none: () => 'nothing' })
      expect(await poll()).toEqual({ key: 'none', value: 'nothing' })
      queue.tryPut(1)
      expect(await poll()).toEqual({ key: 'item', value: 1 })
      expect(queue.getters).toBe(0)
    }))

  it('keeps its place in line: who came first is served first', () =>
    testRun(async () => {
      const queue = new Queue<string>()
      const got: string[] = []
      spawn(async () => got.push(`get ${await queue.get()}`))
      await waitAllBlocked()
      spawn(async () => got.push(`select ${(await select([() => queue.get()])).value}`))
      await waitAllBlocked()
      spawn(async () => got.push(`get ${await queue.get()}`))
      await waitAllBlocked()
      for (const item of ['1', '2', '3']) queue.tryPut(item)
      await waitAllBlocked()
      expect(got.sort()).toEqual(['get 1', 'get 3', 'select 2'])
    }))

  it('takes the first in order when several are ready, or any by chance when it is to be fair', () =>
    testRun(async () => {
      const [a, b, c] = [new Event(), new Event(), new Event()]
      for (const event of [a, b, c]) event.set()
      const cases = [() => a.wait(), () => b.wait(), () => c.wait()] as const
      const taken = [0, 0, 0]
      for (let i = 0; i < 300; i++) {
        expect((await select(cases)).key).toBe(0)
        const { key } = await select(cases, { fair: true })
        taken[key] = (taken[key] ?? 0) + 1
      }
      expect(Math.min(...taken)).toBeGreaterThan(60)
    }))

  it('lets those behind go on when it leaves the line in front of them', () =>
    testRun(async () => {
      const semaphore = new Semaphore(2)
      const other = new Queue<string>()
      const held = await semaphore.acquire()
      const big = spawn(() => select([() => semaphore.acquire(2), () => other.get()]))
      await waitAllBlocked()
      const small = spawn(() => semaphore.acquire())
      await waitAllBlocked()
      expect(semaphore.waiting).toBe(2)
      other.tryPut('now')
      expect([semaphore.waiting, semaphore.free]).toEqual([0, 0])
      expect(await big).toEqual({ key: 1, value: 'now' })
      ;(await small)[Symbol.dispose]()
      held[Symbol.dispose]()
    }))

  it('wakes all others of an event that it waits for twice', () =>
    testRun(async () => {
      const event = new Event()
      const tasks = [
        spawn(() => event.wait()),
        spawn(() => select([() => event.wait(), () => event.wait()])),
        spawn(() => event.wait()),
      ]
      await waitAllBlocked()
      expect(event.waiting).toBe(4)
      event.set()
      expect(event.waiting).toBe(0)
      expect(await tasks[1]).toEqual({ key: 0, value: undefined })
      await tasks[2]
    }))

  it('infers keys and values', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const [sender, receiver] = openChannel<string>({ capacity: 1 })
      queue.tryPut(1)
      sender.trySend('x')
      const record = await select({ n: () => queue.get(), s: () => receiver.receive() })
      expectTypeOf(record).toEqualTypeOf<
        | { readonly key: 'n'; readonly value: number }
        | { readonly key: 's'; readonly value: string }
      >()
      expect(record.key === 'n' ? record.value.toFixed(1) : record.value.trim()).toBe('1.0')
      const tuple = await select([() => queue.get(), () => receiver.receive(), () => sleep(1)])
      expectTypeOf(tuple).toEqualTypeOf<
        | { readonly key: 0; readonly value: number }
        | { readonly key: 1; readonly value: string }
        | { readonly key: 2; readonly value: void }
      >()
      expect(tuple).toEqual({ key: 1, value: 'x' })
      interface Both {
        n(): Promise<number>
        readonly s: () => string
      }
      const both: Both = { n: () => queue.get(), s: () => 'now' }
      const won = await select(both)
      expectTypeOf(won).toEqualTypeOf<
        | { readonly key: 'n'; readonly value: number }
        | { readonly key: 's'; readonly value: string }
      >()
      expect(won).toEqual({ key: 's', value: 'now' })
      // @ts-expect-error a function is no record of cases
      void (() => select(() => queue.get()))
      const array = [queue].map((each) => () => each.get())
      expectTypeOf(select<typeof array>).returns.resolves.toEqualTypeOf<{
        readonly key: number
        readonly value: number
      }>()
    }))
})

describe('select that fails', () => {
  it('throws what the case that was decided throws, and leaves the other lines', () =>
    testRun(async () => {
      const [closed, other] = [new Queue<number>(), new Queue<number>()]
      const cases = [() => other.get(), () => closed.get()]
      const waiting = spawn(() => select(cases).catch((error: unknown) => error))
      await waitAllBlocked()
      closed.close()
      expect(await waiting).toBeInstanceOf(ClosedError)
      expect(other.getters).toBe(0)
      await expect(select(cases)).rejects.toThrow(ClosedError)
      await expect(
        select([
          () => other.get(),
          () => {
            throw new RangeError('at once')
          },
        ]),
      ).rejects.toThrow('at once')
      expect(other.getters).toBe(0)
    }))

  it('refuses no cases, no functions, a select inside, and a case of two waits', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>(), new Queue<number>()]
      await expect(select([])).rejects.toThrow(
        'select: cases must be an array or a record of at least one function',
      )
      await expect(select(undefined as never)).rejects.toThrow(MisuseError)
      await expect(select({ a: a.get.bind(a), b: 5 as never })).rejects.toThrow(
        'select: case b must be a function, got 5 (number)',
      )
      await expect(select([() => a.get(), () => select([() => b.get()])])).rejects.toThrow(
        'select: a case of a select is a select itself',
      )
      await expect(
        select({ a: () => a.get(), both: () => Promise.all([a.get(), b.get()]) }),
      ).rejects.toThrow('select: case both waits for more than one thing')
      expect([a.getters, b.getters]).toEqual([0, 0])
    }))

  it('says so when a case begins with a wait that it cannot watch, whatever its place', () =>
    testRun(async () => {
      const queue = new Queue<string>()
      const hangs = new Promise<never>(() => {})
      const blind = async (): Promise<string> => {
        await hangs
        return queue.get()
      }
      const misuse = 'select: case item begins with a wait that is not ours'
      for (const cases of [
        { item: blind, late: () => sleep(10) },
        { late: () => sleep(10), item: blind },
        { late: () => sleep(10), item: () => hangs },
        { late: () => sleep(10), item: () => ({ then: () => {} }) as PromiseLike<string> },
      ]) {
        await expect(select(cases)).rejects.toThrow(misuse)
      }
      expect([now(), queue.getters]).toEqual([0, 0])
    }))

  it('takes a case that is ready though it is async, or that waits elsewhere after it took effect', () =>
    testRun(async () => {
      const queue = new Queue<string>()
      const late = (): Promise<void> => sleep(10)
      expect(await select({ late, value: async () => 5 })).toEqual({ key: 'value', value: 5 })
      queue.tryPut('item')
      const work = async (): Promise<string> => {
        const item = await queue.get()
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
        return item
      }
      expect(await select({ late, work })).toEqual({ key: 'work', value: 'item' })
      const failed = spawn(() => Promise.reject(new RangeError('by itself')))
      await failed.settled().catch(() => {})
      await expect(select({ late, failed: () => failed })).rejects.toThrow('by itself')
    }).catch((error: unknown) => {
      expect(error).toEqual(new RangeError('by itself')) // the task was spawned here: its failure is main's
    }))

  it('drops a wait whose case threw after it began it', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      await expect(
        select([
          () => {
            void queue.get()
            throw new RangeError('after')
          },
        ]),
      ).rejects.toThrow('after')
      expect(queue.getters).toBe(0)
    }))
})

describe('select under cancellation', () => {
  it('cancelled while waiting takes nothing and leaves every line', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>(), new Queue<number>({ capacity: 1 })]
      b.tryPut(0)
      const task = spawn(() => select([() => a.get(), () => b.put(1), () => sleep(1000)]))
      await waitAllBlocked()
      task.cancel()
      expect([a.getters, b.putters]).toEqual([0, 0])
      expect((await task.settled()).status).toBe('rejected')
      a.tryPut(1)
      expect([a.size, b.tryGet(), b.size, now()]).toEqual([1, 0, 0, 0])
    }))

  it('granted and then cancelled gives what it was granted', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      const task = spawn(() => select([() => queue.get(), () => sleep(1000)]))
      await waitAllBlocked()
      queue.tryPut(1)
      task.cancel()
      expect(await task).toEqual({ key: 0, value: 1 })
    }))

  it('makes no call in a cancelled scope', () =>
    testRun(async () => {
      const queue = new Queue<number>()
      queue.tryPut(1)
      const scope = new CancelScope()
      let called = false
      await scope.run(async () => {
        scope.cancel()
        const taken = select([
          () => {
            called = true
            return queue.get()
          },
        ])
        await expect(taken).rejects.toThrow(Cancelled)
      })
      expect([called, queue.size]).toEqual([false, 1])
    }))

  it('stands a cancellation that a case itself makes', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>(), new Queue<number>()]
      const scope = new CancelScope()
      await scope.run(() =>
        select([
          () => a.get(),
          () => {
            const waiting = b.get()
            scope.cancel()
            return waiting
          },
          () => b.get(),
        ]),
      )
      expect([scope.cancelledCaught, a.getters, b.getters]).toEqual([true, 0, 0])
      b.tryPut(1)
      expect(b.size).toBe(1)
    }))

  it('leaves no waiter when 10 000 that wait for ten queues each are cancelled', () =>
    testRun(async () => {
      const queues = Array.from({ length: 10 }, () => new Queue<number>())
      const scope = new CancelScope()
      await scope.run(() =>
        taskGroup(async (group) => {
          for (let i = 0; i < 10_000; i++) {
            group.spawn(() => select(queues.map((queue) => () => queue.get())))
          }
          await waitAllBlocked()
          expect(queues.map((queue) => queue.getters)).toEqual(queues.map(() => 10_000))
          scope.cancel()
        }),
      )
      expect(queues.map((queue) => queue.getters)).toEqual(queues.map(() => 0))
    }))

  it('says where it waited when it is cancelled, and when it is asked', async () => {
    async function whereItWaits(queue: Queue<number>): Promise<void> {
      await select({ item: () => queue.get(), late: () => sleep(1_000_000) })
    }
    await run(
      async () => {
        const queue = new Queue<number>()
        const task = spawn(() => whereItWaits(queue), { name: 'selecting' })
        await checkpoint()
        await checkpoint()
        const { snapshot } = await import('../../src/lowlevel.ts')
        const [main] = snapshot()
        expect(main?.children[0]?.waits.map((wait) => wait.kind)).toEqual([
          'select of Queue.get, sleep',
        ])
        expect(await probe(task)).toContain('whereItWaits')
        const seen = spawn(() =>
          whereItWaits(queue).catch((error: unknown) => {
            expect(isCancelled(error)).toBe(true)
            return (error as Error).stack
          }),
        )
        await checkpoint()
        await checkpoint()
        seen.cancel()
        expect(await seen).toContain('whereItWaits')
        task.cancel()
        await task.settled()
      },
      { handleSignals: false },
    )
  })
})

describe('a case with work of its own', () => {
  it('is cut short when another case is taken, and awaited before select returns', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>(), new Queue<number>()]
      const log: string[] = []
      const task = spawn(async () => {
        const won = await select({
          a: async () => (await a.get()) * 2,
          b: async () => {
            try {
              return await b.get()
            } finally {
              log.push('cleanup')
              await shield(() => sleep(10))
              log.push('cleaned up')
            }
          },
        })
        log.push('selected')
        return won
      })
      await waitAllBlocked()
      expect([a.getters, b.getters]).toEqual([1, 1])
      a.tryPut(21)
      expect(b.getters).toBe(0)
      expect(await task).toEqual({ key: 'a', value: 42 })
      expect(log).toEqual(['cleanup', 'cleaned up', 'selected'])
    }))

  it('may have a timeout of its own, which decides like a grant', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>(), new Queue<number>()]
      const both = () => select([() => a.get(), () => timeout(10, () => b.get())])
      const waiting = spawn(() => both().catch((error: unknown) => error))
      await sleep(10)
      a.tryPut(1)
      expect(await waiting).toBeInstanceOf(TimeoutError)
      expect([a.size, b.getters]).toEqual([1, 0])
      expect(await both()).toEqual({ key: 0, value: 1 })
      const later = spawn(both)
      await waitAllBlocked()
      a.tryPut(2)
      expect(await later).toEqual({ key: 0, value: 2 })
      expect([a.getters, b.getters]).toEqual([0, 0])
    }))

  it('is told when the whole is cancelled, even if it is shielded', () =>
    testRun(async () => {
      const [a, b, c] = [new Queue<number>(), new Queue<number>(), new Queue<number>()]
      const ended: string[] = []
      const scope = new CancelScope()
      spawn(() =>
        scope.run(() =>
          select([
            () => a.get(),
            async () => {
              try {
                await b.get()
              } finally {
                ended.push('b')
              }
            },
            () =>
              shield(async () => {
                try {
                  await c.get()
                } finally {
                  ended.push('c')
                }
              }),
          ]),
        ),
      )
      await waitAllBlocked()
      expect([a.getters, b.getters, c.getters]).toEqual([1, 1, 1])
      scope.cancel()
      expect([a.getters, b.getters, c.getters]).toEqual([0, 0, 0])
      await waitAllBlocked()
      expect([ended.sort(), scope.cancelledCaught]).toEqual([['b', 'c'], true])
    }))

  it('that fails in its cleanup makes select fail', () =>
    testRun(async () => {
      const [a, b] = [new Queue<number>(), new Queue<number>()]
      const task = spawn(() =>
        select([
          () => a.get(),
          async () => {
            await b.get().catch(() => {})
            throw new RangeError('cleanup')
          },
        ]).catch(String),
      )
      await waitAllBlocked()
      a.tryPut(1)
      expect(await task).toBe('RangeError: cleanup')
    }))

  it('reports no rejection that select has taken', async () => {
    const lost = await unhandled(() =>
      testRun(async () => {
        const [a, b] = [new Queue<number>(), new Queue<number>()]
        const failing = spawn(() =>
          select([async () => a.get(), () => timeout(5, () => b.get()), () => sleep(5)]).catch(
            () => {},
          ),
        )
        await failing
        const cancelled = spawn(() => select([async () => a.get(), () => b.get()]))
        await waitAllBlocked()
        cancelled.cancel()
        expect((await cancelled.settled()).status).toBe('rejected')
      }),
    )
    expect(lost).toEqual([])
  })
})
