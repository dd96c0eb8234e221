import type { Case, Suite } from '../harness/suite.ts'
import { calls, contenders, IN_FLIGHT, THREADS } from './contenders.ts'

function caseOf(open: (typeof contenders)[string]): Case {
  let opened: ReturnType<typeof open> | undefined
  return async (n) => {
    opened ??= open()
    await calls(await opened, n)
  }
}

export const suites: Suite[] = [
  {
    title: `WorkerPool.run, ${IN_FLIGHT} in flight on ${THREADS} threads`,
    operation: 'one addition in a thread; CPU of all threads',
    n: 5000,
    budgets: { 'raw threads': 2, piscina: 1 },
    cases: Object.fromEntries(
      Object.entries(contenders).map(([name, open]) => [name, caseOf(open)]),
    ),
  },
]
