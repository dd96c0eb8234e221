import { ExponentialBackoff, handleAll, retry as cockatielRetry } from 'cockatiel'
import pRetry from 'p-retry'
import { exponential, retry, run } from 'corral'
import type { Suite } from '../harness/suite.ts'

async function one(): Promise<number> {
  return 1
}

const policy = cockatielRetry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() })

export const suites: Suite[] = [
  {
    title: 'retry, success path',
    operation: 'one call that succeeds at once',
    n: 50_000,
    budgets: { 'p-retry': 1.3 },
    cases: {
      corral: (n) =>
        run(async () => {
          const backoff = exponential({ base: 100 })
          for (let i = 0; i < n; i++) await retry(one, { attempts: 3, backoff })
        }),
      'p-retry': async (n) => {
        for (let i = 0; i < n; i++) await pRetry(one, { retries: 3 })
      },
      cockatiel: async (n) => {
        for (let i = 0; i < n; i++) await policy.execute(one)
      },
    },
  },
]
