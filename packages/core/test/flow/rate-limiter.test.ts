import {
  CancelScope,
  Keyed,
  MisuseError,
  now,
  RateLimiter,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from 'corral'
import { currentScope } from 'corral/lowlevel'
import { testRun } from 'corral/testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

interface Grant {
  readonly at: number
  readonly cost: number
}

/** The most that any window of `interval` holds; windows are half open, so each begins at a grant. */
function fullest(grants: readonly Grant[], interval: number): number {
  let most = 0
  let sum = 0
  let tail = 0
  for (const { at, cost } of grants) {
    sum += cost
    while ((grants[tail] as Grant).at + interval <= at) sum -= (grants[tail++] as Grant).cost
    most = Math.max(most, sum)
  }
  return most
}

describe('RateLimiter', () => {
  test('a limit that is raised serves those in line at once; one that is lowered counts what was taken', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 2, interval: 1000 })
      const times: number[] = []
      const tasks = Array.from({ length: 6 }, () =>
        spawn(async () => {
          await limiter.acquire()
          times.push(now())
        }),
      )
      await sleep(100)
      limiter.limit = 4
      await sleep(0)
      expect([times, limiter.limit]).toEqual([[0, 0, 100, 100], 4])
      limiter.limit = 1
      for (const task of tasks) await task
      expect(times.slice(4)).toEqual([1100, 2100])
      for (const limit of [0, 1.5, '2']) {
        expect(() => (limiter.limit = limit as number)).toThrow('RateLimiter: limit must be')
      }
      expect(limiter.limit).toBe(1)
    }))

  test('who asked for more than a lowered limit waits until it is raised again', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 5, interval: 100 })
      await limiter.acquire(5)
      const large = spawn(() => limiter.acquire(4))
      await sleep(10)
      limiter.limit = 3
      await sleep(500)
      expect([limiter.waiting, large.status]).toEqual([1, 'running'])
      expect(() => limiter.tryAcquire(4)).toThrow('at most limit and burst together, which is 3')
      limiter.limit = 4
      await large
      expect(now()).toBe(510)
    }))

  test('with a burst, what has yet to be earned back is earned at the new pace', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 10, interval: 1000, burst: 10 })
      await limiter.acquire(20)
      limiter.limit = 20
      await limiter.acquire(20)
      expect(now()).toBe(1000)
      limiter.limit = Infinity
      for (let i = 0; i < 100; i++) await limiter.acquire(50)
      limiter.limit = 1
      await limiter.acquire(11)
      expect(now()).toBeLessThanOrEqual(12_000)
    }))

  test('RateLimiter.acquire lets limit through at once, and the next when the first has left the interval', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 3, interval: 1000 })
      const at: number[] = []
      for (let i = 0; i < 8; i++) {
        await limiter.acquire()
        at.push(now())
      }
      expect(at).toEqual([0, 0, 0, 1000, 1000, 1000, 2000, 2000])
    }))

  test('there is no burst at the edge of a window', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 10, interval: 1000 })
      await sleep(999)
      for (let i = 0; i < 10; i++) expect(limiter.tryAcquire()).toBe(true)
      await sleep(1)
      expect(limiter.tryAcquire()).toBe(false)
      await sleep(998)
      expect(limiter.tryAcquire()).toBe(false)
      await sleep(1)
      expect(limiter.tryAcquire()).toBe(true)
    }))

  test('burst is there whole after a rest, at a moment of any fraction', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 7, interval: 10, burst: 7 })
      for (let i = 1; i <= 50; i++) {
        await sleep(100 + i * 1.1)
        const taken = Array.from({ length: 15 }, () => limiter.tryAcquire())
        expect(taken.filter(Boolean)).toHaveLength(14)
      }
    }))

  test('burst lets more through at once, and is earned back by taking less', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 2, interval: 1000, burst: 3 })
      const at: number[] = []
      const take = async (n: number) => {
        for (let i = 0; i < n; i++) {
          await limiter.acquire()
          at.push(now())
        }
      }
      await take(9)
      expect(at).toEqual([0, 0, 0, 0, 0, 1000, 1000, 1500, 2000])
      await sleep(10_000)
      at.length = 0
      await take(6)
      expect(at).toEqual([12_000, 12_000, 12_000, 12_000, 12_000, 13_000])
    }))

  test('a cost takes as much, and holds back small ones behind it', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 10, interval: 1000 })
      const log: string[] = []
      await taskGroup(async (group) => {
        for (const [i, cost] of [6, 6, 1, 9].entries()) {
          group.spawn(async () => {
            await limiter.acquire(cost)
            log.push(`${i}: ${cost} at ${now()}`)
          })
        }
        await sleep(1)
        expect(limiter.waiting).toBe(3)
        expect(limiter.tryAcquire()).toBe(false) // somebody waits: nobody overtakes
      })
      expect(log).toEqual(['0: 6 at 0', '1: 6 at 1000', '2: 1 at 1000', '3: 9 at 2000'])
    }))

  test('cancelled in line it takes nothing, and those behind it are served', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 2, interval: 1000 })
      const log: string[] = []
      await limiter.acquire()
      await taskGroup(async (group) => {
        group.spawn(async () => {
          await expect(timeout(100, () => limiter.acquire(2))).rejects.toBeInstanceOf(TimeoutError)
          log.push(`given up at ${now()}`)
        })
        group.spawn(async () => {
          await limiter.acquire()
          log.push(`small one at ${now()}`)
        })
      })
      expect(log.sort()).toEqual(['given up at 100', 'small one at 100'])
      expect(limiter.waiting).toBe(0)
    }))

  test('granted and then cancelled in the same turn it was granted', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 1, interval: 100 })
      await limiter.acquire()
      const scope = new CancelScope()
      const seen: string[] = []
      const task = spawn(() =>
        scope.run(async () => {
          await limiter.acquire()
          seen.push('granted')
          await sleep(1)
          seen.push('not reached')
        }),
      )
      const killer = spawn(async () => {
        await sleep(100) // rings right after the limiter's own timer
        scope.cancel()
      })
      await task
      await killer
      expect(seen).toEqual(['granted'])
      expect(limiter.tryAcquire()).toBe(false)
    }))

  test('in a cancelled scope it takes nothing', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 1, interval: 100 })
      const scope = new CancelScope()
      await scope.run(async () => {
        scope.cancel()
        await limiter.acquire()
      })
      expect(scope.cancelledCaught).toBe(true)
      expect(limiter.tryAcquire()).toBe(true)
    }))

  test('one timer is enough for 100 000 in line, and none is left when they are cancelled', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 1, interval: 1000 })
      await limiter.acquire()
      const { clock } = currentScope().runtime
      const scope = new CancelScope()
      const before = clock.size
      await scope.run(async () => {
        const all = Promise.all(Array.from({ length: 100_000 }, () => limiter.acquire()))
        await sleep(1)
        expect(limiter.waiting).toBe(100_000)
        expect(clock.size).toBe(before + 1)
        scope.cancel()
        await all
      })
      expect(limiter.waiting).toBe(0)
      expect(clock.size).toBe(before)
    }))

  test('a limit beyond what is remembered one by one is kept, and reached', () =>
    testRun(async () => {
      const limit = 5000
      const limiter = new RateLimiter({ limit, interval: 1000 })
      const grants: Grant[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 4 * limit; i++) {
          group.spawn(async () => {
            await sleep(i / 20) // 20 000 a second is asked for
            await limiter.acquire()
            grants.push({ at: now(), cost: 1 })
          })
        }
      })
      expect(fullest(grants, 1000)).toBeLessThanOrEqual(limit)
      expect((grants.at(-1) as Grant).at).toBeLessThan(3.99 * 1000)
    }))

  test('no limit is no limit', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: Infinity, interval: 1000 })
      for (let i = 0; i < 1000; i++) await limiter.acquire(1_000_000)
      expect(now()).toBe(0)
      expect(limiter.idle).toBe(true)
    }))

  test('it is idle when it would let as much through as a new one', () =>
    testRun(async () => {
      const limiter = new RateLimiter({ limit: 2, interval: 1000, burst: 2 })
      expect(limiter.idle).toBe(true)
      await limiter.acquire(4)
      await sleep(1000)
      expect(limiter.idle).toBe(false) // the burst is not earned back yet
      await sleep(1000)
      expect(limiter.idle).toBe(true)
    }))

  test('a Keyed keeps a limiter as long as it remembers something', () =>
    testRun(async () => {
      const perHost = new Keyed(() => new RateLimiter({ limit: 1, interval: 1000 }))
      const take = (host: string) => perHost.use(host, (limiter) => limiter.acquire())
      await take('a')
      await take('a')
      expect(now()).toBe(1000)
      await sleep(1000)
      await take('b')
      expect([...perHost.keys()]).toEqual(['b'])
    }))

  test('it counts by the clock of those who use it: a test run starts afresh', async () => {
    const limiter = new RateLimiter({ limit: 1, interval: 1000 })
    expect(limiter.tryAcquire()).toBe(true)
    expect(limiter.tryAcquire()).toBe(false)
    for (let i = 0; i < 2; i++) {
      await testRun(async () => {
        await limiter.acquire()
        expect(now()).toBe(0)
        await limiter.acquire()
        expect(now()).toBe(1000)
      })
    }
  })

  test('60 seconds at random arrival: no window holds more than allowed, and at least 0.99 of it is reached', async () => {
    const config = fc.record({
      limit: fc.integer({ min: 1, max: 40 }),
      each: fc.integer({ min: 30, max: 500 }),
      burst: fc.constantFrom(0, 0, 1, 7, 30),
      seed: fc.integer(),
    })
    await fc.assert(
      fc.asyncProperty(config, ({ limit, each, burst, seed }) =>
        testRun(
          async () => {
            const interval = limit * each
            const { random } = currentScope().runtime
            const limiter = new RateLimiter({ limit, interval, burst })
            const grants: Grant[] = []
            const order: number[] = []
            const scope = new CancelScope({ deadline: 60_000 })
            await scope.run(() =>
              taskGroup(async (group) => {
                // Twice as much is asked for as is allowed, in costs from 1 to 3, at random moments.
                for (let i = 0, at = 0; ; i++) {
                  const cost = Math.min(1 + Math.floor(random() * 3), limit + burst)
                  group.spawn(async () => {
                    await limiter.acquire(cost)
                    grants.push({ at: now(), cost })
                    order.push(i)
                  })
                  at += (random() * 2 * interval) / limit
                  await sleep(at - now())
                }
              }),
            )
            expect(limiter.waiting).toBe(0)
            expect(order).toEqual(order.map((_, i) => i))
            expect(fullest(grants, interval)).toBeLessThanOrEqual(limit + burst)
            const total = grants.reduce((sum, { cost }) => sum + cost, 0)
            const allowed = (limit * 60_000) / interval
            expect(total).toBeLessThanOrEqual(allowed + limit + burst)
            // A cost that does not fit leaves room at the end of a window: the rate is exact for costs of 1.
            const granularity = Math.max(0.99 - 3 / limit, 0)
            expect(total / allowed).toBeGreaterThan(granularity)
          },
          { seed },
        ),
      ),
      { numRuns: 25 },
    )
  })

  test('60 seconds of single costs at random arrival reach at least 0.99 of the rate', async () => {
    const config = fc.record({
      limit: fc.integer({ min: 1, max: 40 }),
      each: fc.integer({ min: 30, max: 300 }),
      burst: fc.constantFrom(0, 0, 5),
      seed: fc.integer(),
    })
    await fc.assert(
      fc.asyncProperty(config, ({ limit, each, burst, seed }) =>
        testRun(
          async () => {
            const interval = limit * each
            const { random } = currentScope().runtime
            const limiter = new RateLimiter({ limit, interval, burst })
            const grants: Grant[] = []
            const scope = new CancelScope({ deadline: 60_000 })
            await scope.run(() =>
              taskGroup(async (group) => {
                for (let at = 0; ;) {
                  group.spawn(async () => {
                    await limiter.acquire()
                    grants.push({ at: now(), cost: 1 })
                  })
                  at += (random() * interval) / limit
                  await sleep(at - now())
                }
              }),
            )
            expect(fullest(grants, interval)).toBeLessThanOrEqual(limit + burst)
            const allowed = (limit * 60_000) / interval
            expect(grants.length / allowed).toBeGreaterThanOrEqual(0.99)
          },
          { seed },
        ),
      ),
      { numRuns: 25 },
    )
  })

  test('arguments are checked', async () => {
    const make = (options: object) => () => new RateLimiter(options as never)
    expect(make({ limit: 0, interval: 1 })).toThrow('RateLimiter: limit must be a whole number')
    expect(make({ limit: 1, interval: 0 })).toThrow(
      'RateLimiter: interval must be a number of milliseconds above 0, got 0 (number)',
    )
    expect(make({ limit: 1 })).toThrow('got undefined')
    expect(make({ limit: 1, interval: 1, burst: -1 })).toThrow('RateLimiter: burst must be')
    const limiter = new RateLimiter({ limit: 5, interval: 1000, burst: 2 })
    await expect(limiter.acquire(8)).rejects.toThrow(
      'RateLimiter.acquire: cost must be at most limit and burst together, which is 7, got 8 (number)',
    )
    await expect(limiter.acquire(0)).rejects.toBeInstanceOf(MisuseError)
    await expect(limiter.acquire(1.5)).rejects.toThrow('got 1.5 (number)')
    expect(() => limiter.tryAcquire(8)).toThrow('RateLimiter.tryAcquire: cost must be at most')
  })
})
