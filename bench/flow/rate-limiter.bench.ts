import Bottleneck from 'bottleneck'
import pThrottle from 'p-throttle'
import { RateLimiter, run } from 'corral'
import type { Suite } from '../harness/suite.ts'

async function one(): Promise<number> {
  return 1
}

/** `n` calls, 100 of them at the same time: bottleneck needs a timer for each turn. */
async function together(n: number, call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < n; i += 100) await Promise.all(Array.from({ length: 100 }, call))
}

export const suites: Suite[] = [
  {
    title: 'RateLimiter, nobody has to wait',
    operation: 'one of 100 calls that are let through at once',
    n: 1000,
    budgets: { 'p-throttle': 1.3, bottleneck: 1 },
    cases: {
      corral: (n) =>
        run(async () => {
          const limiter = new RateLimiter({ limit: 1e9, interval: 1000 })
          await together(n, () => limiter.acquire().then(one))
        }),
      'p-throttle': (n) => together(n, pThrottle({ limit: 1e9, interval: 1000 })(one)),
      bottleneck: (n) => {
        const limiter = new Bottleneck({ reservoir: 1e9 })
        return together(n, () => limiter.schedule(one))
      },
    },
  },
  {
    title: 'RateLimiter, 10 000 wait',
    operation: 'one call of 10 000 that ask at once, 2000 in each 10 ms let through',
    n: 10_000,
    budgets: { 'p-throttle': 1 },
    cases: {
      corral: (n) =>
        run(async () => {
          const limiter = new RateLimiter({ limit: 2000, interval: 10 })
          const all = Array.from({ length: n }, () => limiter.acquire().then(one))
          for (const call of all) await call
        }),
      'p-throttle': (n) => {
        const throttled = pThrottle({ limit: 2000, interval: 10 })(one)
        return Promise.all(Array.from({ length: n }, () => throttled()))
      },
    },
  },
]
