import { CancelScope, ClosedError, gather, isCancelled, sleep } from 'corral'
import { always, explore, failpoint, type StrategyName } from 'corral/testing'
import { expect, test } from 'vitest'
import { ConnectionLimiter } from '../../src/connect/connection-limiter.ts'

// What holds in every order, and with each task cancelled at each of its waits.
const strategies: readonly StrategyName[] = ['cancel', 'delay', 'time', 'delays', 'random']

test('a session lends no more places than it has, in all and to a host, and loses none', async () => {
  const { schedules } = await explore(
    async () => {
      const places = new ConnectionLimiter(3, 2)
      const inUse: Record<string, number> = {}
      always('so many to a host', () => Object.values(inUse).every((n) => n <= 2))
      always('so many in all', () => Object.values(inUse).reduce((a, b) => a + b, 0) <= 3)
      const exchange = async (host: string): Promise<void> => {
        using _place = places.tryEnter(host) ?? (await places.enter(host))
        inUse[host] = (inUse[host] ?? 0) + 1
        try {
          await failpoint('exchange')
          await sleep(1)
        } finally {
          inUse[host] -= 1
        }
      }
      const scope = new CancelScope()
      const impatient = (): Promise<void> => scope.run(() => exchange('a')).then(() => undefined)
      const gone = async (): Promise<void> => {
        await sleep(1)
        scope.cancel()
      }
      await gather({
        one: () => exchange('a'),
        two: () => exchange('a'),
        three: () => exchange('b'),
        four: () => exchange('b'),
        impatient,
        gone,
      }).catch((error: unknown) => {
        if (!isCancelled(error) && !(error instanceof Error)) throw error
      })
      // All are back: as many can be had at once as there are.
      const back = ['a', 'a', 'b'].map((host) => places.tryEnter(host))
      expect(back).not.toContain(undefined)
      expect(places.tryEnter('c')).toBeUndefined()
      for (const place of back) place?.[Symbol.dispose]()
    },
    { strategies: [...strategies, 'fail'], budget: 500 },
  )
  expect(schedules).toBeGreaterThan(300)
})

test('who waits for a place when the session is closed is turned away, and nobody waits for ever', async () => {
  const { schedules } = await explore(
    async () => {
      const places = new ConnectionLimiter(2, 1)
      const outcomes: string[] = []
      const exchange = async (host: string): Promise<void> => {
        try {
          using _place = await places.enter(host)
          await sleep(1)
          outcomes.push('served')
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          outcomes.push('turned away')
        }
      }
      await gather({
        one: () => exchange('a'),
        two: () => exchange('a'),
        three: () => exchange('b'),
        four: () => exchange('c'),
        close: async () => {
          await sleep(1)
          places.close()
        },
      })
      expect(outcomes).toHaveLength(4)
    },
    { strategies: ['delay', 'time', 'delays', 'random'], budget: 500 },
  )
  expect(schedules).toBeGreaterThan(100)
})
