import { CancelScope, run, Semaphore, sleep, spawn, taskGroup } from 'corral'
import type { Suite } from '../harness/suite.ts'

/** The same work with n at once: the cost per operation must stay flat. */
function growing(title: string, corral: (n: number) => Promise<unknown>): Suite {
  return {
    title,
    operation: 'one of n',
    n: 10,
    cases: {
      corral: (n) =>
        run(async () => {
          for (let round = 0; round < Math.max(1, 100_000 / n); round++) await corral(n)
        }),
    },
  }
}

export const suites: Suite[] = [
  growing('waiters in one line, served in turn', (n) =>
    taskGroup(async (group) => {
      const semaphore = new Semaphore(1)
      for (let i = 0; i < n; i++) group.spawn(() => semaphore.use(() => undefined))
    }),
  ),
  growing('waiters in one line, cancelled', (n) =>
    taskGroup(async (group) => {
      const semaphore = new Semaphore(0)
      for (let i = 0; i < n; i++) group.spawn(() => semaphore.use(() => undefined))
      await sleep(0)
      group.cancel()
    }),
  ),
  growing('tasks', (n) =>
    taskGroup(async (group) => {
      for (let i = 0; i < n; i++) group.spawn(async () => undefined)
    }),
  ),
  growing('timers', (n) =>
    taskGroup(async (group) => {
      for (let i = 0; i < n; i++) group.spawn(() => sleep((i * 7919) % 50))
    }),
  ),
  growing('sibling scopes', async (n) => {
    for (let i = 0; i < n; i++) await new CancelScope().run(async () => undefined)
  }),
  growing('children of one task', async (n) => {
    await spawn(async () => {
      for (let i = 0; i < n; i++) spawn(async () => undefined)
    })
  }),
]
