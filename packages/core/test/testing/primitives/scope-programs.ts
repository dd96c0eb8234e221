import {
  cancellable,
  checkpoint,
  Future,
  moveOnAfter,
  now,
  shield,
  sleep,
  sleepUntil,
  spawn,
  taskGroup,
  TaskLocal,
  timeout,
  TimeoutError,
} from '../../../src/index.ts'
import { isCancelled, must, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const scopePrograms: readonly Primitive[] = [
  {
    name: 'task: cancelling it ends just it, and whoever awaits it is told',
    program: async () => {
      const trail: string[] = []
      await taskGroup(async (group) => {
        const slow = group.spawn(async () => {
          try {
            await sleep(100)
            trail.push('slept')
          } finally {
            trail.push('cleaned')
          }
        })
        group.spawn(async () => {
          const result = await slow.settled()
          trail.push(result.status)
        })
        group.spawn(async () => {
          await checkpoint()
          slow.cancel()
        })
      })
      const cleaned = trail.indexOf('cleaned')
      const told = trail.findIndex((entry) => entry === 'rejected' || entry === 'fulfilled')
      must(told < 0 || cleaned < told, trail.join())
    },
  },
  {
    name: 'timeout: waits for the cleanup, and work that ended in time wins',
    program: async () => {
      let inside = 0
      const result: unknown = await timeout(10, async () => {
        inside += 1
        try {
          await sleep(10)
          await checkpoint()
          return 'done'
        } finally {
          inside -= 1
        }
      }).catch((error: unknown) => error)
      must(inside === 0, 'the timeout came before the work had ended')
      must(result === 'done' || result instanceof TimeoutError || isCancelled(result), 'other')
    },
  },
  {
    name: 'Future: everybody who waits gets the result',
    needsAll: true,
    program: async () => {
      const future = new Future<number>()
      const got: number[] = []
      const ask = async (): Promise<void> => {
        got.push(await future)
      }
      await together(ask, ask, async () => {
        await checkpoint()
        future.resolve(7)
      })
      must(got.join() === '7,7', `got ${got.join()}`)
    },
  },
  {
    name: 'Task: everybody who awaits it gets its value, early or late',
    needsAll: true,
    program: async () => {
      const task = spawn(async () => {
        await checkpoint()
        return 7
      })
      const got: number[] = []
      const ask = async (): Promise<void> => {
        got.push(await task)
      }
      await together(ask, ask, async () => {
        await checkpoint()
        await ask()
      })
      must(got.join() === '7,7,7', `got ${got.join()}`)
    },
  },
  {
    name: 'shield: what has begun inside is done, cancelled or not',
    program: async () => {
      let [begun, done] = [0, 0]
      const work = async (): Promise<void> => {
        try {
          await sleep(10)
        } finally {
          begun += 1
          await shield(async () => {
            await checkpoint()
            await sleep(1)
            done += 1
          })
        }
      }
      await moveOnAfter(10, () => together(work, work))
      must(begun === done, `${begun} begun, ${done} done`)
    },
  },
  {
    name: 'sleep: nobody wakes too early',
    needsAll: true,
    program: async () => {
      const nap = (ms: number) => async () => {
        const due = now() + ms
        await sleep(ms)
        must(now() >= due, `${due - now()} ms too early`)
        await sleepUntil(due + 5)
        must(now() >= due + 5, 'woke too early')
      }
      await together(nap(5), nap(10), nap(5))
    },
  },
  {
    name: 'cancellable: a foreign promise brings its value, or the wait is given up',
    program: async () => {
      const { promise, resolve } = Promise.withResolvers<number>()
      const got: number[] = []
      await together(
        async () => void got.push(await cancellable(promise)),
        async () => {
          try {
            await checkpoint()
          } finally {
            resolve(7)
          }
        },
      )
      must(got.length === 0 || got.join() === '7', `got ${got.join()}`)
    },
  },
  {
    name: 'TaskLocal: every task sees its own',
    program: async () => {
      const local = new TaskLocal('none')
      const walk = (name: string) => () =>
        local.run(name, async () => {
          await checkpoint()
          must(local.get() === name, `${local.get()} in ${name}`)
          await spawn(async () => must(local.get() === name, `${local.get()} in ${name}`)).settled()
          must(local.get() === name, `${local.get()} in ${name}`)
        })
      await together(walk('a'), walk('b'))
      must(local.get() === 'none', 'it leaks')
    },
  },
]
