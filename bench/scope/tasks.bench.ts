import { AsyncLocalStorage } from 'node:async_hooks'
import { Effect, Fiber } from 'effect'
import { call, run as effectionRun, spawn as effectionSpawn } from 'effection'
import { run, sleep, spawn, taskGroup, timeout } from 'corral'
import pTimeout from 'p-timeout'
import type { Suite } from '../harness/suite.ts'

const storage = new AsyncLocalStorage<object>()

const cut = new Error('cancelled')

async function one(): Promise<number> {
  return 1
}

function inRun(work: (n: number) => Promise<unknown>): (n: number) => Promise<unknown> {
  return (n) => run(() => work(n), { handleSignals: false })
}

async function awaits(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await one()
}

export const suites: Suite[] = [
  {
    title: 'await an async call, inside a scope',
    operation: 'one awaited async call',
    n: 200_000,
    budgets: { floor: 1.1 },
    cases: { floor: awaits, corral: inRun((n) => taskGroup(() => awaits(n))) },
  },
  {
    title: 'spawn and join, one by one',
    operation: 'a task that returns at once, awaited',
    n: 100_000,
    budgets: { effect: 0.35, floor: 3 },
    asyncio: 'spawn_join',
    cases: {
      floor: async (n) => {
        for (let i = 0; i < n; i++) await storage.run({}, one)
      },
      corral: inRun(async (n) => {
        for (let i = 0; i < n; i++) await spawn(one)
      }),
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let i = 0; i < n; i++) {
              yield* Fiber.join(yield* Effect.forkChild(Effect.sync(() => 1)))
            }
          }),
        ),
      effection: async (n) => {
        await effectionRun(function* () {
          for (let i = 0; i < n; i++) yield* yield* effectionSpawn(() => call(() => 1))
        })
      },
    },
  },
  {
    title: 'spawn 1000, join all',
    operation: 'one of the 1000 tasks',
    n: 100_000,
    budgets: { effect: 0.5 },
    asyncio: 'spawn_1000',
    cases: {
      corral: inRun(async (n) => {
        for (let i = 0; i < n; i += 1000) {
          await taskGroup(async (group) => {
            for (let k = 0; k < 1000; k++) group.spawn(one)
          })
        }
      }),
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let i = 0; i < n; i += 1000) {
              const fibers: Fiber.Fiber<number>[] = []
              for (let k = 0; k < 1000; k++) {
                fibers.push(yield* Effect.forkChild(Effect.sync(() => 1)))
              }
              for (const fiber of fibers) yield* Fiber.join(fiber)
            }
          }),
        ),
    },
  },
  {
    title: 'timeout around work that is done in time',
    operation: 'one timeout',
    n: 100_000,
    budgets: { effect: 0.8 },
    asyncio: 'timeout_in_time',
    cases: {
      floor: async (n) => {
        for (let i = 0; i < n; i++) {
          const timer = setTimeout(() => {}, 1000)
          await one()
          clearTimeout(timer)
        }
      },
      corral: inRun(async (n) => {
        for (let i = 0; i < n; i++) await timeout(1000, one)
      }),
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let i = 0; i < n; i++) yield* Effect.timeout(Effect.promise(one), 1000)
          }),
        ),
      'p-timeout': async (n) => {
        for (let i = 0; i < n; i++) await pTimeout(one(), { milliseconds: 1000 })
      },
    },
  },
  {
    title: 'cancel sleeping tasks, with join',
    operation: 'one of 100 000 sleeping tasks: spawned, put to sleep, cancelled, joined',
    n: 100_000,
    budgets: { asyncio: 1 },
    asyncio: 'cancel_sleepers',
    cases: {
      floor: async (n) => {
        const cancels: (() => void)[] = []
        const all: Promise<unknown>[] = []
        const nap = async (): Promise<void> => {
          await new Promise<void>((resolve, reject) => {
            const timer = setTimeout(resolve, 1e6)
            cancels.push(() => {
              clearTimeout(timer)
              reject(cut)
            })
          })
        }
        for (let i = 0; i < n; i++) all.push(nap())
        await new Promise((resolve) => {
          setTimeout(resolve, 1)
        })
        for (const cancel of cancels) cancel()
        await Promise.allSettled(all)
      },
      corral: inRun((n) =>
        taskGroup(async (group) => {
          for (let i = 0; i < n; i++) group.spawn(() => sleep(1e6))
          await sleep(1)
          group.cancel()
        }),
      ),
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const fibers: Fiber.Fiber<void>[] = []
            for (let i = 0; i < n; i++) fibers.push(yield* Effect.forkChild(Effect.sleep(1e6)))
            yield* Effect.sleep(1)
            for (const fiber of fibers) yield* Fiber.interrupt(fiber)
          }),
        ),
    },
  },
  {
    title: 'retained by a sleeping task',
    operation: 'heap bytes of one of 100 000 sleeping tasks',
    measure: 'bytes',
    n: 100_000,
    limit: 1134,
    budgets: { effect: 1 },
    asyncio: 'sleeper_bytes',
    cases: {
      floor: async (n) => {
        for (let i = 0; i < n; i++) {
          void (async () => {
            await new Promise((resolve) => {
              setTimeout(resolve, 1e6)
            })
          })()
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 10)
        })
      },
      corral: async (n) => {
        for (let i = 0; i < n; i++) {
          spawn(async () => {
            await sleep(1e6)
          })
        }
        await sleep(10)
      },
      effect: (n) =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let i = 0; i < n; i++) yield* Effect.forkDetach(Effect.sleep(1e6))
            yield* Effect.sleep(10)
          }),
        ),
    },
  },
]
