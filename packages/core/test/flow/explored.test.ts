import {
  asCompleted,
  CancelScope,
  checkpoint,
  ClosedError,
  mapConcurrent,
  Pool,
  RateLimiter,
  shield,
  sleep,
  staggeredRace,
  TaskCancelledError,
  taskGroup,
} from 'corral'
import { always, explore, type StrategyName } from 'corral/testing'
import { expect, test } from 'vitest'

// What holds in every order, and with each task cancelled at each of its waits.
const strategies: readonly StrategyName[] = [
  'cancel',
  'timeout',
  'delay',
  'time',
  'delays',
  'random',
]

test('asCompleted: nothing runs on after the loop, nothing comes twice, whatever is cancelled', async () => {
  const { schedules } = await explore(
    async () => {
      let running = 0
      always('two at a time', () => running <= 2)
      const work = (n: number) => async () => {
        running += 1
        try {
          await sleep(n)
          return n
        } finally {
          await shield(() => checkpoint())
          running -= 1
        }
      }
      const seen: number[] = []
      const loop = async () => {
        for await (const n of asCompleted([work(2), work(1), work(Infinity)], { concurrency: 2 })) {
          seen.push(n)
          if (seen.length === 2) break
        }
      }
      // One cancelled by hand is a failure of the loop; the one that never ends must not hold it up.
      await loop().catch(expectCancelled)
      expect(running).toBe(0)
      expect(new Set(seen).size).toBe(seen.length)
    },
    { strategies, budget: 1500 },
  )
  expect(schedules).toBeGreaterThan(50)
})

test('staggeredRace: one wins, the others have ended, whatever is cancelled', async () => {
  const { schedules } = await explore(
    async () => {
      let running = 0
      const attempt = (ms: number, ok: boolean) => async () => {
        running += 1
        try {
          await sleep(ms)
          if (!ok) throw new RangeError('refused')
          return ms
        } finally {
          await shield(() => checkpoint())
          running -= 1
        }
      }
      const won = await staggeredRace([attempt(20, true), attempt(3, false), attempt(5, true)], {
        delay: 4,
      }).catch((error: unknown) => {
        if (!(error instanceof RangeError)) expectCancelled(error)
        return undefined
      })
      expect([5, 20, undefined]).toContain(won)
      expect(running).toBe(0)
    },
    { strategies, budget: 1500 },
  )
  expect(schedules).toBeGreaterThan(50)
})

test('mapConcurrent over an async source: each item taken is given to fn, and the source is closed', async () => {
  const { schedules } = await explore(
    async () => {
      let taken = 0
      let begun = 0
      let closed = 0
      async function* source() {
        try {
          for (; taken < 4;) {
            await checkpoint()
            yield taken++
          }
        } finally {
          closed += 1
        }
      }
      const work = async () => {
        begun += 1
        await checkpoint()
      }
      await mapConcurrent(source(), work, { concurrency: 2 }).catch(expectCancelled)
      expect(begun).toBe(taken)
      if (begun > 0) expect(closed).toBe(1)
    },
    { strategies, budget: 1500 },
  )
  expect(schedules).toBeGreaterThan(50)
})

test('RateLimiter: never more than allowed in an interval, nobody left in line', async () => {
  const { schedules } = await explore(
    async () => {
      const limiter = new RateLimiter({ limit: 2, interval: 10 })
      let recent = 0
      always('two in an interval', () => recent <= 2)
      const take = async () => {
        await limiter.acquire()
        recent += 1
        await shield(() => sleep(9)) // a little less, for those that were let through late
        recent -= 1
      }
      const scope = new CancelScope({ deadline: 5 })
      await taskGroup(async (group) => {
        for (const body of [take, take, () => scope.run(take), take]) group.spawn(body)
      }).catch(expectCancelled)
      expect(limiter.waiting).toBe(0)
    },
    { strategies: ['cancel', 'timeout'], budget: 1500 },
  )
  expect(schedules).toBeGreaterThan(20)
})

test('Pool: validated, broken, drained in the middle: all that was made is destroyed once', async () => {
  const { schedules } = await explore(
    async () => {
      const alive = new Set<object>()
      const pool = new Pool({
        create: async () => {
          await checkpoint()
          const thing = { good: true }
          alive.add(thing)
          return thing
        },
        validate: async ({ good }) => {
          await checkpoint()
          return good
        },
        destroy: async (thing) => {
          await checkpoint()
          expect(alive.delete(thing)).toBe(true)
        },
        max: 1,
        onError: expectCancelled,
      })
      const spoil = async () => {
        try {
          await pool.use(async (thing) => {
            expect(thing.good).toBe(true)
            thing.good = false
            await checkpoint()
          })
        } catch (error) {
          if (!(error instanceof ClosedError)) expectCancelled(error)
        }
      }
      try {
        await taskGroup(async (group) => {
          group.spawn(spoil)
          group.spawn(spoil)
          group.spawn(() => sleep(1).then(() => pool.drain()))
        })
      } catch (error) {
        expectCancelled(error)
      } finally {
        await shield(() => pool.drain())
      }
      expect([alive.size, pool.size, pool.waiting]).toEqual([0, 0, 0])
    },
    { strategies, budget: 2500 },
  )
  expect(schedules).toBeGreaterThan(100)
})

function expectCancelled(error: unknown): void {
  if (error instanceof TaskCancelledError) return
  expect(error).toMatchObject({ code: 'CANCELLED' })
}
