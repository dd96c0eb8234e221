import fc from 'fast-check'
import { checkpoint, sleep, taskGroup } from 'corral'
import { explore, testRun } from 'corral/testing'
import type { Suite } from '../harness/suite.ts'

/** `tasks` tasks that wait `steps` times each: the same program for both, in random order. */
function suite(tasks: number, steps: number, budgets: Suite['budgets'] = {}): Suite {
  function byFastCheck(n: number, wait: (scheduler: fc.Scheduler) => Promise<void>): Promise<void> {
    return fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        for (let i = 0; i < tasks; i++) {
          void (async () => {
            for (let j = 0; j < steps; j++) await scheduler.schedule(Promise.resolve())
          })()
        }
        await wait(scheduler)
      }),
      { numRuns: n, endOnFailure: true },
    )
  }

  return {
    title: `explore, random schedules of ${tasks * steps} steps`,
    operation: `one schedule of ${tasks} tasks with ${steps} waits each`,
    n: Math.round(600_000 / (tasks * steps)),
    budgets,
    cases: {
      corral: (n) =>
        explore(
          () =>
            taskGroup(async (group) => {
              for (let i = 0; i < tasks; i++) {
                group.spawn(async () => {
                  for (let j = 0; j < steps; j++) await checkpoint()
                })
              }
            }),
          { strategies: ['random'], budget: n + 2 },
        ),
      'fast-check waitIdle': (n) => byFastCheck(n, (scheduler) => scheduler.waitIdle()),
      // Deprecated there: it stops early in programs whose tasks take some turns to come back.
      'fast-check waitAll': (n) => byFastCheck(n, (scheduler) => scheduler.waitAll()),
    },
  }
}

const anHour: Suite = {
  title: 'testRun, an hour of sleeps in virtual time',
  operation: '3600 sleeps of a second, one after the other',
  n: 20,
  limit: 10_000_000, // 10 ms
  cases: {
    corral: async (n) => {
      for (let i = 0; i < n; i++) {
        await testRun(async () => {
          for (let second = 0; second < 3600; second++) await sleep(1000)
        })
      }
    },
  },
}

export const suites: Suite[] = [
  suite(10, 10),
  suite(10, 100, { 'fast-check waitIdle': 0.2 }),
  anHour,
]
