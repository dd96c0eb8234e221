import {
  any,
  checkpoint,
  Future,
  gather,
  mapConcurrent,
  now,
  race,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../../src/index.ts'
import { always, failpoint } from '../../../src/testing.ts'
import { must, onlyRange, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const scopePrograms: readonly Primitive[] = [
  {
    name: 'taskGroup: ends after its tasks, throws the first failure, cancels the others',
    program: async () => {
      let [ended, failedAt] = [0, 0]
      const error = new RangeError('first')
      const thrown: unknown = await taskGroup(async (group) => {
        group.spawn(async () => {
          try {
            await sleep(1000)
          } finally {
            ended += 1
          }
        })
        group.spawn(async () => {
          try {
            await checkpoint()
            failedAt = now()
            throw error
          } finally {
            ended += 1
          }
        })
      }).catch((thrown: unknown) => thrown)
      must(ended === 2, 'a task outlived its group')
      must(thrown === error || thrown === undefined || isCancelled(thrown), 'another error')
      must(thrown !== error || now() === failedAt, 'the others were not cancelled')
    },
  },
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
    name: 'gather: all results in their places, and none runs on after a failure',
    program: async () => {
      let running = 0
      const work = (value: number, fails: boolean) => async () => {
        running += 1
        try {
          await failpoint('work')
          if (fails) throw new RangeError('fails')
          return value
        } finally {
          running -= 1
        }
      }
      const good = await gather([work(1, false), work(2, false)]).catch((error: unknown) => {
        must(isInjected(error), 'an error from nowhere')
      })
      must(good === undefined || good.join() === '1,2', `got ${good?.join()}`)
      must(running === 0, 'one runs on')
      await gather([work(1, false), work(2, true), work(3, false)]).catch((error: unknown) => {
        must(error instanceof RangeError || isInjected(error), 'another error')
      })
      must(running === 0, 'one runs on')
    },
  },
  {
    name: 'race and any: one result, and the losers have ended',
    program: async () => {
      let running = 0
      const work = (name: string, steps: number) => async () => {
        running += 1
        try {
          for (let i = 0; i < steps; i++) await checkpoint()
          return name
        } finally {
          running -= 1
        }
      }
      const winner = await race([work('a', 1), work('b', 2)])
      must(winner === 'a' || winner === 'b', 'no winner')
      must(running === 0, 'a loser runs on')
      await any([() => Promise.reject(new RangeError('x')), work('c', 1)]).catch(onlyRange)
      must(running === 0, 'a loser runs on')
    },
  },
  {
    name: 'mapConcurrent: never more at once than allowed, results in their places',
    needsAll: true,
    program: async () => {
      let running = 0
      always('two at a time', () => running <= 2)
      const results = await mapConcurrent(
        [1, 2, 3],
        async (item) => {
          running += 1
          await checkpoint()
          running -= 1
          return item * 10
        },
        { concurrency: 2 },
      )
      must(results.join() === '10,20,30', results.join())
    },
  },
  {
    name: 'spawn: a parent does not end before its children',
    program: async () => {
      let alive = 0
      await spawn(async () => {
        for (let i = 0; i < 2; i++) {
          spawn(async () => {
            alive += 1
            try {
              await checkpoint()
            } finally {
              alive -= 1
            }
          })
        }
      }).settled()
      must(alive === 0, 'a child outlived its parent')
    },
  },
]

function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function isInjected(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return isCancelled(error) || code === 'TASK_CANCELLED' || code === 'FAILPOINT'
}
