import { CancelScope, Event, run, Semaphore, spawn, taskGroup, timeout } from 'corral'
import { growing } from '../harness/growth.ts'
import type { Suite } from '../harness/suite.ts'

function inRun(title: string, work: (size: number) => Promise<unknown>): Suite {
  return growing(title, (size) => run(() => work(size), { handleSignals: false }))
}

/** Long enough for tasks to have started and to wait. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

async function nothing(): Promise<unknown> {
  return undefined
}

export const suites: Suite[] = [
  growing('by hand: async functions that wait for a promise each', async (size) => {
    const resolvers: (() => void)[] = []
    const all: Promise<void>[] = []
    const wait = async (): Promise<void> => {
      await new Promise<void>((resolve) => {
        resolvers.push(resolve)
      })
    }
    for (let i = 0; i < size; i++) all.push(wait())
    for (const resolve of resolvers) resolve()
    await Promise.all(all)
  }),
  inRun('waiters in one line, served in turn', (size) =>
    taskGroup(async (group) => {
      const semaphore = new Semaphore(1)
      for (let i = 0; i < size; i++) group.spawn(() => semaphore.use(() => undefined))
    }),
  ),
  inRun('waiters in one line, cancelled', (size) =>
    taskGroup(async (group) => {
      const semaphore = new Semaphore(0)
      for (let i = 0; i < size; i++) group.spawn(() => semaphore.use(() => undefined))
      await turns()
      group.cancel()
    }),
  ),
  inRun('tasks', (size) =>
    taskGroup(async (group) => {
      for (let i = 0; i < size; i++) group.spawn(async () => undefined)
    }),
  ),
  inRun('timers', (size) =>
    taskGroup(async (group) => {
      const event = new Event()
      for (let i = 0; i < size; i++) {
        group.spawn(() => timeout(1e6 + ((i * 7919) % 1000), () => event.wait()))
      }
      await turns()
      event.set()
    }),
  ),
  inRun('scopes inside each other', async (size) => {
    let nest: () => Promise<unknown> = nothing
    for (let i = 0; i < Math.min(size, 1000); i++) {
      const inner = nest
      nest = () => new CancelScope().run(inner)
    }
    for (let i = 0; i < size; i += 1000) await nest()
  }),
  inRun('children of one task', async (size) => {
    await spawn(async () => {
      for (let i = 0; i < size; i++) spawn(async () => undefined)
    })
  }),
]
