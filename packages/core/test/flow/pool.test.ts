import { AsyncLocalStorage } from 'node:async_hooks'
import {
  CancelScope,
  checkpoint,
  ClosedError,
  currentTask,
  gatherSettled,
  now,
  Pool,
  type PoolLease,
  type PoolOptions,
  shield,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import { currentScope, type Owned, owners } from 'corral/lowlevel'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { turns, unhandled } from './harness.ts'

interface Thing {
  readonly id: number
  good: boolean
}

/** A pool of numbered things that says what became of them. */
function things(options: Partial<PoolOptions<Thing>> = {}) {
  const log: string[] = []
  let last = 0
  const pool = new Pool<Thing>({
    create: async () => {
      const id = ++last
      await sleep(10)
      log.push(`+${id}`)
      return { id, good: true }
    },
    destroy: async ({ id }) => {
      await sleep(5)
      log.push(`-${id}`)
    },
    max: 2,
    ...options,
  })
  return { pool, log }
}

/** How a borrower ends that holds a thing for `ms`. */
const hold = (pool: Pool<Thing>, ms: number) => () =>
  pool.use(async ({ id }) => {
    await sleep(ms)
    return id
  })

describe('Pool', () => {
  test('what is being made is kept from the cancellation of its owner while somebody waits, and not longer', () =>
    testRun(async () => {
      const ends: string[] = []
      const scope = new CancelScope()
      await scope.run(() =>
        taskGroup(async (group) => {
          const pool = new Pool({
            create: async () => {
              try {
                await sleep(50)
                ends.push('made')
              } catch (error) {
                ends.push('cancelled')
                throw error
              }
            },
            destroy: () => void ends.push('destroyed'),
            max: 2,
          })
          group.spawn(() =>
            shield(async () => {
              await pool.use(() => ends.push('used'))
              await pool.drain()
            }),
          )
          group.spawn(() => pool.acquire())
          await sleep(1)
          scope.cancel()
        }),
      )
      expect(ends.slice(0, 2).toSorted()).toEqual(['made', 'made'])
      expect(ends).toContain('used')
      expect(now()).toBe(50)
    }))

  test('calls its options as methods of what they were given in', () =>
    testRun(async () => {
      class Options {
        readonly #log: string[] = []
        readonly max = 1
        create = async (): Promise<string> => 'made'
        async destroy(value: string): Promise<void> {
          this.#log.push(value)
        }
        get log(): readonly string[] {
          return this.#log
        }
      }
      const options = new Options()
      const pool = new Pool(options)
      await pool.use(() => {})
      await pool.drain()
      expect(options.log).toEqual(['made'])
    }))

  test('Pool.acquire makes a resource when it is needed, and lends it again', () =>
    testRun(async () => {
      const { pool, log } = things()
      {
        await using lease = await pool.acquire()
        expect([lease.value.id, now(), pool.size]).toEqual([1, 10, 1])
      }
      expect(pool.available).toBe(1)
      expect(await pool.use(({ id }) => id)).toBe(1)
      await pool.drain()
      expect(log).toEqual(['+1', '-1'])
      expect([pool.size, now()]).toEqual([0, 15])
    }))

  test('never more than max, first come first served, from hand to hand', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 2 })
      const order: string[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 6; i++) {
          group.spawn(async () => {
            await using lease = await pool.acquire()
            order.push(`${i} has ${lease.value.id} at ${now()}`)
            await sleep(100)
          })
        }
        await sleep(50)
        expect([pool.size, pool.waiting, pool.available]).toEqual([2, 4, 0])
      })
      expect(order).toEqual([
        '0 has 1 at 10',
        '1 has 2 at 10',
        '2 has 1 at 110',
        '3 has 2 at 110',
        '4 has 1 at 210',
        '5 has 2 at 210',
      ])
      await pool.drain()
      expect(log).toEqual(['+1', '+2', '-1', '-2'])
    }))

  test('the one given back last is lent first', () =>
    testRun(async () => {
      const { pool } = things({ max: 3 })
      const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()]
      for (const i of [1, 0, 2]) await leases[i]?.[Symbol.asyncDispose]()
      expect(await pool.use(({ id }) => id)).toBe(3)
      expect(await pool.use(({ id }) => id)).toBe(3)
      await pool.drain()
    }))

  test('giving back twice is once, and the value is not to be had after it', () =>
    testRun(async () => {
      const { pool } = things()
      const lease = await pool.acquire()
      await lease[Symbol.asyncDispose]()
      await lease[Symbol.asyncDispose]()
      lease.discard()
      expect([pool.available, pool.size]).toEqual([1, 1])
      expect(() => lease.value).toThrow(ClosedError)
      const other = await pool.acquire()
      await lease[Symbol.asyncDispose]() // somebody else has it now
      expect(pool.available).toBe(0)
      await other[Symbol.asyncDispose]()
      await pool.drain()
    }))

  test('a resource is given back when fn fails, and when it is cancelled', () =>
    testRun(async () => {
      const { pool } = things({ max: 1 })
      await expect(pool.use(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
      await expect(timeout(50, () => pool.use(() => sleep(Infinity)))).rejects.toThrow('timed out')
      expect([pool.available, pool.size]).toEqual([1, 1])
      await pool.drain()
    }))

  test('a failure of create goes to the first in line, and the next one tries again', () =>
    testRun(async () => {
      let attempts = 0
      const { pool } = things({
        max: 1,
        create: async () => {
          await sleep(10)
          if (++attempts <= 2) throw new Error(`refused ${attempts}`)
          return { id: attempts, good: true }
        },
      })
      const results = await gatherSettled([
        hold(pool, 1),
        hold(pool, 1),
        hold(pool, 1),
        hold(pool, 1),
      ])
      expect(
        results.map((r) => (r.status === 'fulfilled' ? r.value : (r.reason as Error).message)),
      ).toEqual(['refused 1', 'refused 2', 3, 3])
      expect(pool.size).toBe(1)
      await pool.drain()
    }))

  test('a create that throws before it waits is a failure like any other', () =>
    testRun(async () => {
      const { pool } = things({
        create: () => {
          throw new Error('at once')
        },
      })
      await expect(pool.acquire()).rejects.toThrow('at once')
      expect([pool.size, pool.waiting]).toEqual([0, 0])
      await pool.drain()
    }))

  test('a cancelled acquire leaves no trace: what was being made goes to the next one', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 1 })
      await expect(timeout(5, () => pool.acquire())).rejects.toBeInstanceOf(TimeoutError)
      expect(pool.waiting).toBe(0)
      expect(await hold(pool, 0)()).toBe(1)
      expect(now()).toBe(10)
      await expect(timeout(0, () => pool.acquire())).rejects.toBeInstanceOf(TimeoutError)
      expect([pool.available, pool.waiting]).toEqual([1, 0])
      await pool.drain()
      expect(log).toEqual(['+1', '-1'])
    }))

  test('cancelled, and nobody comes: what was being made lies idle', () =>
    testRun(async () => {
      const { pool } = things()
      await expect(timeout(5, () => pool.acquire())).rejects.toBeInstanceOf(TimeoutError)
      await sleep(20)
      expect([pool.available, pool.size]).toEqual([1, 1])
      await pool.drain()
    }))

  test('granted and then cancelled in the same turn the lease is delivered', () =>
    testRun(async () => {
      const { pool } = things({ max: 1 })
      const lease = await pool.acquire()
      const scope = new CancelScope()
      const seen: string[] = []
      const task = spawn(() =>
        scope.run(async () => {
          await using _lease = await pool.acquire()
          seen.push('granted')
          await checkpoint()
          seen.push('not reached')
        }),
      )
      await sleep(1)
      void lease[Symbol.asyncDispose]()
      scope.cancel()
      await task
      expect(seen).toEqual(['granted'])
      expect(pool.available).toBe(1)
      await pool.drain()
    }))

  test('an idle resource is validated before it is lent; a bad one is destroyed, then another is made', () =>
    testRun(async () => {
      const checked: number[] = []
      const { pool, log } = things({
        max: 1,
        validate: async ({ id, good }) => {
          checked.push(id)
          await sleep(1)
          if (id === 2) throw new Error('validate')
          return good
        },
      })
      await pool.use((thing) => {
        thing.good = false
      })
      expect(checked).toEqual([])
      expect(await hold(pool, 0)()).toBe(2)
      expect(await hold(pool, 0)()).toBe(3) // an error means bad, too
      expect(await hold(pool, 0)()).toBe(3)
      expect(checked).toEqual([1, 2, 3])
      expect(log).toEqual(['+1', '-1', '+2', '-2', '+3'])
      await pool.drain()
    }))

  test('a resource that goes from hand to hand is validated too: a broken one does not stay in use', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 1, validate: ({ good }) => good })
      const spoil = () =>
        pool.use((thing) => {
          thing.good = false
          return thing.id
        })
      const results = await gatherSettled([spoil, hold(pool, 5), spoil, hold(pool, 5)])
      expect(results.map((result) => result.status === 'fulfilled' && result.value)).toEqual([
        1, 2, 2, 3,
      ])
      expect(log).toEqual(['+1', '-1', '+2', '-2', '+3'])
      await pool.drain()
    }))

  test('discard destroys a broken one, and those in line get another', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 1 })
      const lease = await pool.acquire()
      const next = spawn(hold(pool, 0))
      await sleep(1)
      lease.discard()
      expect(await next).toBe(2)
      expect(log).toEqual(['+1', '-1', '+2'])
      await pool.drain()
    }))

  test('max counts those that are still being destroyed', () =>
    testRun(async () => {
      let alive = 0
      let most = 0
      const { pool } = things({
        max: 2,
        create: async () => {
          alive += 1
          most = Math.max(most, alive)
          await sleep(3)
          return { id: 0, good: true }
        },
        destroy: async () => {
          await sleep(50)
          alive -= 1
        },
      })
      await taskGroup(async (group) => {
        for (let i = 0; i < 6; i++) {
          group.spawn(async () => {
            const lease = await pool.acquire()
            await sleep(1)
            lease.discard()
          })
        }
      })
      await pool.drain()
      expect([most, alive]).toEqual([2, 0])
    }))

  test('idle ones above min are destroyed after their time, longest idle first', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 3, min: 1, idle: 100 })
      await gatherSettled([hold(pool, 10), hold(pool, 20), hold(pool, 30)]) // back at 20, 30, 40
      await sleep(70)
      expect(log).toEqual(['+1', '+2', '+3'])
      await sleep(12) // 122
      expect(pool.size).toBe(3)
      await sleep(4) // 126
      expect(log.slice(3)).toEqual(['-1'])
      await sleep(1000)
      expect(log.slice(3)).toEqual(['-1', '-2'])
      expect([pool.size, pool.available]).toEqual([1, 1])
      await pool.drain()
    }))

  test('of those that came back at the same time min stay', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 4, min: 2, idle: 100 })
      await gatherSettled([hold(pool, 10), hold(pool, 10), hold(pool, 10), hold(pool, 10)])
      await sleep(500)
      expect(log).toEqual(['+1', '+2', '+3', '+4', '-1', '-2'])
      await pool.drain()
    }))

  test('one that was lent in time is not destroyed: its idle time begins anew', () =>
    testRun(async () => {
      const { pool } = things({ max: 1, idle: 100 })
      for (let i = 0; i < 5; i++) {
        expect(await pool.use(({ id }) => id)).toBe(1)
        await sleep(99)
      }
      await sleep(10)
      expect(pool.size).toBe(0)
      await pool.drain()
    }))

  test('no timer is left when nothing lies idle above min, or the pool is drained', () =>
    testRun(async () => {
      const { pool } = things({ max: 2, min: 1, idle: 10_000 })
      await gatherSettled([hold(pool, 1), hold(pool, 1)])
      const { clock } = currentScope().runtime
      expect(clock.size).toBe(1)
      await pool.drain()
      expect(clock.size).toBe(0)
    }))

  test('min are made ahead, and made again after others were destroyed', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 3, min: 2 })
      await sleep(20)
      expect([pool.size, pool.available, log]).toEqual([2, 2, ['+1', '+2']])
      const lease = await pool.acquire()
      expect(now()).toBe(20)
      lease.discard()
      await sleep(100)
      expect([pool.size, pool.available]).toEqual([2, 2])
      expect(log).toEqual(['+1', '+2', '-2', '+3'])
      await pool.drain()
      expect(log.length).toBe(6)
    }))

  test('one that is too old is not lent again', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 1, maxAge: 100 })
      await hold(pool, 50)()
      expect(await hold(pool, 60)()).toBe(1) // 110 old when it comes back
      expect(await hold(pool, 0)()).toBe(2)
      await sleep(200)
      expect(await hold(pool, 0)()).toBe(3)
      expect(log).toEqual(['+1', '-1', '+2', '-2', '+3'])
      await pool.drain()
    }))

  test('a maxAge of 0 lends each one once', () =>
    testRun(async () => {
      const { pool } = things({ max: 1, maxAge: 0 })
      expect([await hold(pool, 1)(), await hold(pool, 1)()]).toEqual([1, 2])
      await pool.drain()
    }))

  test('drain turns away those in line, waits for what is lent, and destroys all', () =>
    testRun(async () => {
      const { pool, log } = things({ max: 1 })
      const holder = spawn(hold(pool, 100))
      await sleep(20)
      const waiter = spawn(async () => {
        await expect(pool.acquire()).rejects.toThrow(
          'Pool.acquire: the pool is drained; make a new one',
        )
        return now()
      })
      await sleep(1)
      await pool.drain()
      expect([await holder, await waiter]).toEqual([1, 21])
      expect(now()).toBe(115)
      expect(log).toEqual(['+1', '-1'])
      await expect(pool.acquire()).rejects.toBeInstanceOf(ClosedError)
      await pool.drain()
    }))

  test('drain cancels what is being made, and waits for its cleanup', () =>
    testRun(async () => {
      const log: string[] = []
      const { pool } = things({
        create: async () => {
          try {
            await sleep(1000)
          } finally {
            await shield(() => sleep(7))
            log.push('given up')
          }
          return { id: 1, good: true }
        },
      })
      const waiter = spawn(() => pool.acquire().catch((error: unknown) => error))
      await sleep(5)
      await pool.drain()
      expect(await waiter).toBeInstanceOf(ClosedError)
      expect([log, now()]).toEqual([['given up'], 12])
    }))

  test('one that is made although the pool is drained is destroyed', () =>
    testRun(async () => {
      const { pool, log } = things({
        create: () => shield(() => sleep(10).then(() => ({ id: 9, good: true }))),
      })
      const waiter = spawn(() => pool.acquire().catch(() => 'turned away'))
      await sleep(5)
      await pool.drain()
      expect([await waiter, log, now()]).toEqual(['turned away', ['-9'], 15])
    }))

  test('drain during a validation destroys what was being validated', () =>
    testRun(async () => {
      const { pool, log } = things({ validate: () => sleep(100).then(() => true) })
      await hold(pool, 0)()
      const waiter = spawn(() => pool.acquire().catch(() => 'turned away'))
      await sleep(5)
      await pool.drain()
      expect([await waiter, log, pool.size]).toEqual(['turned away', ['+1', '-1'], 0])
    }))

  test('drain cancelled stops waiting, and the pool is drained nevertheless', () =>
    testRun(async () => {
      const { pool, log } = things()
      const holder = spawn(hold(pool, 100))
      await sleep(20)
      await expect(timeout(10, () => pool.drain())).rejects.toBeInstanceOf(TimeoutError)
      await expect(pool.acquire()).rejects.toBeInstanceOf(ClosedError)
      await holder
      await pool.drain()
      expect(log).toEqual(['+1', '-1'])
    }))

  test('await using drains it under a shield', () =>
    testRun(async () => {
      const log: string[] = []
      const work = timeout(20, async () => {
        await using pool = new Pool({
          create: () => 1,
          destroy: () => sleep(5).then(() => void log.push('destroyed')),
          max: 1,
        })
        await pool.use(() => sleep(Infinity))
      })
      await expect(work).rejects.toBeInstanceOf(TimeoutError)
      expect([log, now()]).toEqual([['destroyed'], 25])
    }))

  test('drained while its owner fails, everything is still destroyed', () =>
    testRun(async () => {
      const log: string[] = []
      const owner = async () => {
        await using pool = new Pool({
          create: () => 1,
          destroy: () => sleep(5).then(() => void log.push('destroyed')),
          max: 1,
        })
        await pool.use(() => {})
        spawn(() => Promise.reject(new Error('child')))
        await sleep(Infinity)
      }
      const [result] = await gatherSettled([owner])
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'child' } })
      expect(log).toEqual(['destroyed'])
    }))

  test('errors of destroy are thrown by drain, the later ones in suppressed', () =>
    testRun(async () => {
      const { pool } = things({
        destroy: ({ id }) => Promise.reject(new Error(`destroy ${id}`)),
      })
      await gatherSettled([hold(pool, 1), hold(pool, 1)])
      await expect(pool.drain()).rejects.toMatchObject({
        message: 'destroy 1',
        suppressed: [{ message: 'destroy 2' }],
      })
      expect(pool.size).toBe(0)
      await pool.drain()
    }))

  test('an error that no caller is there for goes to onError, or is reported once', async () => {
    const told: unknown[] = []
    const broken = () => Promise.reject(new Error('destroy'))
    const discardOne = (options: Partial<PoolOptions<Thing>>) =>
      testRun(
        async () => {
          const { pool } = things({ destroy: broken, ...options })
          const lease = await pool.acquire()
          lease.discard()
          await sleep(10)
          expect(pool.size).toBe(0)
          await pool.drain()
        },
        { unhandled: 'report' },
      )
    const silent = await unhandled(() => discardOne({ onError: (error) => told.push(error) }))
    expect(silent).toEqual([])
    expect(told).toMatchObject([{ message: 'destroy' }])
    expect(await unhandled(() => discardOne({}))).toMatchObject([{ message: 'destroy' }])
  })

  test('an onError that throws is reported, and keeps neither drain nor the owner waiting', async () => {
    const rethrow = (error: unknown): never => {
      throw error
    }
    const broken = (what: string) => () => Promise.reject(new Error(what))
    const lost = await unhandled(() =>
      testRun(
        async () => {
          const pool = new Pool({
            create: () => 1,
            destroy: broken('destroy'),
            onError: rethrow,
            max: 1,
          })
          expect(await pool.use((one) => one)).toBe(1)
          await timeout(50, () => pool.drain())
          expect(pool.size).toBe(0)
          const invalid = new Pool({
            create: () => 2,
            validate: () => false,
            destroy: broken('destroy invalid'),
            onError: rethrow,
            max: 1,
          })
          await invalid.use(() => {})
          expect(await timeout(50, () => invalid.use((two) => two))).toBe(2)
          const ahead = new Pool({
            create: broken('create'),
            destroy() {},
            onError: rethrow,
            min: 1,
            max: 1,
          })
          await timeout(50, () => ahead.drain())
          expect(ahead.size).toBe(0)
        },
        { unhandled: 'report' },
      ),
    )
    expect(lost).toMatchObject(
      ['destroy', 'destroy invalid', 'create'].map((message) => ({ message })),
    )
  })

  test('Pool.drain of an empty pool closes it, and is a checkpoint', () =>
    testRun(async () => {
      const { pool } = things()
      const scope = new CancelScope()
      scope.cancel('enough')
      await scope.run(async () => {
        await expect(pool.drain()).rejects.toMatchObject({ code: 'CANCELLED', reason: 'enough' })
      })
      await expect(pool.acquire()).rejects.toBeInstanceOf(ClosedError)
      await pool.drain()
    }))

  test('a create ahead that fails is told, and tried again when one is needed', () =>
    testRun(async () => {
      const told: unknown[] = []
      let fail = true
      const { pool } = things({
        min: 1,
        create: async () => {
          if (fail) throw new Error('ahead')
          return { id: 1, good: true }
        },
        onError: (error) => told.push(error),
      })
      await sleep(1)
      expect([told.length, pool.size]).toEqual([1, 0])
      fail = false
      expect(await hold(pool, 0)()).toBe(1)
      await pool.drain()
    }))

  test('create, validate and destroy run in the task and the context of the owner', () =>
    testRun(async () => {
      const user = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      const look = (what: string) =>
        void seen.push(`${what} ${user.getStore()} ${currentTask()?.name}`)
      const pool = user.run(
        'owner',
        () =>
          new Pool({
            create: () => look('create'),
            validate: () => {
              look('validate')
              return true
            },
            destroy: () => look('destroy'),
            max: 1,
          }),
      )
      await spawn(() =>
        user.run('borrower', async () => {
          await pool.use(() => {})
          await pool.use(() => {})
          await pool.drain()
        }),
      )
      expect(seen).toEqual(['create owner Pool', 'validate owner Pool', 'destroy owner Pool'])
    }))

  test('an owner that is cancelled still makes what somebody waits for', () =>
    testRun(async () => {
      let pool: Pool<number> | undefined
      const owner = spawn(async () => {
        pool = new Pool({ create: () => sleep(10).then(() => 1), destroy: () => {}, max: 1 })
        await sleep(Infinity)
      })
      await sleep(1)
      const borrower = spawn(() => pool?.use((value) => value))
      await sleep(1)
      owner.cancel()
      expect(await borrower).toBe(1)
      await owner.settled()
    }))

  test('it tells who holds what', () =>
    testRun(async () => {
      const { pool } = things()
      const { [owners]: tell } = pool as unknown as Owned
      const names = () => tell.call(pool).map((task) => task.name)
      const holder = spawn(hold(pool, 50), { name: 'holder' })
      await sleep(20)
      expect(names()).toEqual(['holder'])
      await holder
      expect(names()).toEqual([])
      await pool.drain()
    }))

  test('a lease that is never given back is a deadlock that names its holder', async () => {
    const stuck = testRun(async () => {
      const { pool } = things({ max: 1 })
      await pool.acquire()
      await pool.acquire()
    })
    await expect(stuck).rejects.toMatchObject({ report: expect.stringContaining('held by main') })
  })

  test('100 000 in line: half of them leave, the others are served in order', () =>
    testRun(async () => {
      const { pool } = things({ max: 1 })
      const lease = await pool.acquire()
      const order: number[] = []
      const scope = new CancelScope()
      const staying: Promise<void>[] = []
      const borrow = async (i: number): Promise<void> => {
        const mine = await pool.acquire()
        order.push(i)
        void mine[Symbol.asyncDispose]()
      }
      const leaving = spawn(() =>
        scope.run(async () => {
          const all = Promise.all(Array.from({ length: 50_000 }, (_, i) => borrow(2 * i)))
          await all
        }),
      )
      await sleep(1)
      for (let i = 0; i < 50_000; i++) staying.push(borrow(2 * i + 1))
      expect(pool.waiting).toBe(100_000)
      scope.cancel()
      expect(pool.waiting).toBe(50_000)
      await lease[Symbol.asyncDispose]()
      await Promise.all(staying)
      await leaving
      expect(order).toEqual(Array.from({ length: 50_000 }, (_, i) => 2 * i + 1))
      await pool.drain()
    }))

  test('arguments are checked', async () => {
    const make = (options: object) => () =>
      new Pool({ create: () => 1, destroy: () => {}, max: 1, ...options })
    expect(make({ create: 1 })).toThrow('Pool: create must be a function, got 1 (number)')
    expect(make({ destroy: undefined })).toThrow('Pool: destroy must be a function')
    expect(make({ validate: 1 })).toThrow('Pool: validate must be')
    expect(make({ onError: 1 })).toThrow('Pool: onError must be')
    expect(make({ max: 0 })).toThrow('Pool: max must be a whole number of at least 1, or Infinity')
    expect(make({ min: -1 })).toThrow('Pool: min must be')
    expect(make({ idle: -1 })).toThrow('Pool: idle must be')
    expect(make({ maxAge: Number.NaN })).toThrow('Pool: maxAge must be')
    await expect(
      new Pool({ create: () => 1, destroy: () => {}, max: 1 }).use(1 as never),
    ).rejects.toThrow('Pool.use: fn')
  })

  test('types: the value is that of create', () => {
    const make = () => new Pool({ create: async () => new Date(), destroy: () => {}, max: 1 })
    expectTypeOf(make).returns.toEqualTypeOf<Pool<Date>>()
    expectTypeOf((pool: Pool<Date>) => pool.acquire()).returns.resolves.toEqualTypeOf<
      PoolLease<Date>
    >()
    expectTypeOf((pool: Pool<Date>) =>
      pool.use((date) => date.getTime()),
    ).returns.resolves.toEqualTypeOf<number>()
  })
})

describe('Pool under random borrowing, failing and cancelling', () => {
  test('nothing is lost or lent twice, the limits hold, and all is destroyed in the end', async () => {
    const borrower = fc.record({
      at: fc.nat(60),
      hold: fc.nat(20),
      stay: fc.option(fc.nat(30), { nil: undefined }),
      end: fc.constantFrom('return', 'return', 'return', 'throw', 'discard', 'spoil'),
    })
    const config = fc.record({
      max: fc.integer({ min: 1, max: 4 }),
      min: fc.nat(3),
      idle: fc.constantFrom(undefined, 5, 15),
      maxAge: fc.constantFrom(undefined, 25),
      validated: fc.boolean(),
      createTakes: fc.nat(6),
      destroyTakes: fc.nat(6),
      failEvery: fc.integer({ min: 2, max: 6 }),
      drainAt: fc.option(fc.nat(80), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(borrower, { maxLength: 20 }), config, (borrowers, c) =>
        testRun(async () => {
          const alive = new Set<Thing>()
          const inUse = new Set<Thing>()
          let pending = 0
          let attempts = 0
          const count = () => expect(alive.size + pending).toBeLessThanOrEqual(c.max)
          const pool = new Pool<Thing>({
            create: async () => {
              pending += 1
              count()
              try {
                await sleep(c.createTakes)
                if (++attempts % c.failEvery === 0) throw new Error('create')
                const thing = { id: attempts, good: true }
                alive.add(thing)
                return thing
              } finally {
                pending -= 1
              }
            },
            destroy: async (thing) => {
              expect(inUse.has(thing)).toBe(false)
              await sleep(c.destroyTakes)
              expect(alive.delete(thing)).toBe(true) // once
            },
            ...(c.validated && { validate: async (thing) => sleep(1).then(() => thing.good) }),
            max: c.max,
            min: c.min,
            ...(c.idle !== undefined && { idle: c.idle }),
            ...(c.maxAge !== undefined && { maxAge: c.maxAge }),
            onError: (error) => expect(error).toMatchObject({ message: 'create' }),
          })
          await taskGroup(async (group) => {
            if (c.drainAt !== undefined) {
              const at = c.drainAt
              group.spawn(() => sleep(at).then(() => pool.drain()))
            }
            for (const b of borrowers) {
              group.spawn(async () => {
                await sleep(b.at)
                const scope = new CancelScope({ deadline: now() + (b.stay ?? Infinity) })
                const work = async () => {
                  await using lease = await pool.acquire()
                  const thing = lease.value
                  expect(alive.has(thing)).toBe(true)
                  expect(inUse.has(thing)).toBe(false)
                  if (c.validated) expect(thing.good).toBe(true)
                  inUse.add(thing)
                  try {
                    await sleep(b.hold)
                    if (b.end === 'spoil') thing.good = false
                    if (b.end === 'throw') throw new Error('work')
                  } finally {
                    inUse.delete(thing)
                    if (b.end === 'discard') lease.discard()
                  }
                }
                await scope.run(work).catch((error: unknown) => {
                  if (error instanceof ClosedError) expect(c.drainAt).toBeDefined()
                  else expect(['create', 'work']).toContain((error as Error).message)
                })
              })
            }
          })
          expect([pool.waiting, inUse.size]).toEqual([0, 0])
          await turns(3)
          await pool.drain()
          expect([pool.size, alive.size, pending]).toEqual([0, 0, 0])
        }),
      ),
      { numRuns: 400 },
    )
  })
})
