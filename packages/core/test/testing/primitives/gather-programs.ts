import {
  any,
  asCompleted,
  batches,
  checkpoint,
  gather,
  gatherSettled,
  mapConcurrent,
  Queue,
  race,
  sleep,
  staggeredRace,
} from '../../../src/index.ts'
import { always, failpoint } from '../../../src/testing.ts'
import { isInjected, must, onlyRange, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const gatherPrograms: readonly Primitive[] = [
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
    name: 'gatherSettled: how each went, in its place, and none runs on',
    program: async () => {
      let running = 0
      const work = (value: number) => async () => {
        running += 1
        try {
          await checkpoint()
          if (value === 2) throw new RangeError('two')
          return value
        } finally {
          running -= 1
        }
      }
      const results = await gatherSettled([work(1), work(2), work(3)]).finally(() => {
        must(running === 0, 'one runs on')
      })
      const told = results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))
      for (const [i, one] of told.entries()) {
        must(
          one === i + 1 || (i === 1 && one instanceof RangeError) || isInjected(one),
          String(one),
        )
      }
    },
  },
  {
    name: 'asCompleted: each result once, and leaving the loop leaves none behind',
    program: async () => {
      let running = 0
      const work = (value: number, steps: number) => async () => {
        running += 1
        try {
          for (let i = 0; i < steps; i++) await checkpoint()
          return value
        } finally {
          running -= 1
        }
      }
      const got: number[] = []
      try {
        for await (const value of asCompleted([work(1, 2), work(2, 1), work(3, 2)])) {
          got.push(value)
          if (got.length === 2) break
        }
      } finally {
        must(running === 0, 'one runs on')
        must(new Set(got).size === got.length, `doubled: ${got.join()}`)
      }
      must(got.length === 2, `got ${got.join()}`)
    },
  },
  {
    name: 'staggeredRace: the first success wins, and the others have ended',
    program: async () => {
      let [running, begun] = [0, 0]
      const work = (name: string, ms: number) => async () => {
        begun += 1
        running += 1
        try {
          await sleep(ms)
          if (name === 'broken') throw new RangeError(name)
          return name
        } finally {
          running -= 1
        }
      }
      const thunks = [work('broken', 3), work('slow', 30), work('quick', 3)]
      const winner = await staggeredRace(thunks, { delay: 5 }).finally(() => {
        must(running === 0, 'a loser runs on')
      })
      must(winner === 'slow' || winner === 'quick', winner)
      must(winner === 'slow' || begun === 3, 'one that has not begun has won')
    },
  },
  {
    name: 'batches: full but for the last, in order, nothing is lost',
    needsAll: true,
    program: async () => {
      const queue = new Queue<number>({ capacity: 1 })
      const got: number[][] = []
      await together(
        async () => {
          for (const item of [1, 2, 3]) await queue.put(item)
          queue.close()
        },
        async () => {
          for await (const batch of batches(queue, 2)) got.push(batch)
        },
      )
      must(JSON.stringify(got) === '[[1,2],[3]]', JSON.stringify(got))
    },
  },
]
