import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel'
import { CircuitBreaker, run } from 'corral'
import type { Suite } from '../harness/suite.ts'

async function one(): Promise<number> {
  return 1
}

export const suites: Suite[] = [
  {
    title: 'CircuitBreaker, closed',
    operation: 'one call that succeeds',
    n: 50_000,
    budgets: { cockatiel: 1 },
    cases: {
      floor: async (n) => {
        let failures = 0
        const use = async (fn: () => Promise<number>): Promise<number> => {
          try {
            const value = await fn()
            failures = 0
            return value
          } catch (error) {
            failures += 1
            throw error
          }
        }
        for (let i = 0; i < n; i++) await use(() => one())
        return failures
      },
      corral: (n) =>
        run(async () => {
          const breaker = new CircuitBreaker({ failures: 5, cooldown: 10_000 })
          for (let i = 0; i < n; i++) await breaker.use(() => one())
        }),
      cockatiel: async (n) => {
        const breaker = circuitBreaker(handleAll, {
          halfOpenAfter: 10_000,
          breaker: new ConsecutiveBreaker(5),
        })
        for (let i = 0; i < n; i++) await breaker.execute(() => one())
      },
    },
  },
]
