import {
  CancelScope,
  checkpoint,
  CircuitBreaker,
  CircuitOpenError,
  now,
  RateLimiter,
  retry,
  RetryBudget,
  sleep,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must, onlyRange, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const limitPrograms: readonly Primitive[] = [
  {
    name: 'RateLimiter: no more than the limit in any interval, and nobody waits longer than that',
    needsAll: true,
    program: async () => {
      const limiter = new RateLimiter({ limit: 1, interval: 10 })
      let asked = 0
      always('one in ten milliseconds', () => asked - limiter.waiting <= 1 + now() / 10)
      const ask = async (): Promise<void> => {
        asked += 1
        await limiter.acquire()
      }
      await together(ask, ask, ask)
      must(limiter.waiting === 0 && now() >= 20, `all three after ${now()} ms`)
      await sleep(10)
      must(limiter.idle, 'it is not idle')
    },
  },
  {
    name: 'RateLimiter: one that gives up takes nothing, and the next is served in time',
    program: async () => {
      const limiter = new RateLimiter({ limit: 1, interval: 10 })
      const scope = new CancelScope()
      limiter.tryAcquire()
      await together(
        () => scope.run(() => limiter.acquire()),
        async () => {
          await limiter.acquire()
          must(now() >= 10, `at ${now()} ms`)
        },
        async () => {
          await sleep(5)
          scope.cancel()
        },
      )
      must(limiter.waiting === 0, 'somebody waits')
    },
  },
  {
    name: 'CircuitBreaker: one trial at a time when it is half open, and it closes after a success',
    program: async () => {
      const breaker = new CircuitBreaker({ failures: 1, cooldown: 10 })
      await breaker.use(() => Promise.reject(new RangeError('down'))).catch(onlyRange)
      if (breaker.idle) return // cancelled: that counts neither way
      await sleep(10)
      let trials = 0
      always('one trial', () => trials <= 1)
      const call = () =>
        breaker
          .use(async () => {
            if (breaker.state === 'closed') return
            trials += 1
            try {
              await checkpoint()
            } finally {
              trials -= 1
            }
          })
          .catch(unlessOpen)
      await together(call, call, call)
      await breaker.use(checkpoint)
      must(breaker.state === 'closed' && breaker.idle, breaker.state)
    },
  },
  {
    name: 'RetryBudget: calls together retry no more than it has',
    program: async () => {
      const budget = new RetryBudget({ max: 2, ratio: 0 })
      let calls = 0
      const call = () =>
        retry(
          async () => {
            calls += 1
            await checkpoint()
            throw new RangeError('down')
          },
          { budget, backoff: [5, 5, 5], attempts: 4 },
        ).catch(onlyRange)
      await together(call, call)
      must(calls <= 4 && budget.left >= 0, `${calls} calls`)
    },
  },
]

function unlessOpen(error: unknown): void {
  if (!(error instanceof CircuitOpenError)) throw error
}
