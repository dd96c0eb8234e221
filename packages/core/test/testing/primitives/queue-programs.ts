import {
  CancelScope,
  checkpoint,
  ClosedError,
  LifoQueue,
  PriorityQueue,
  Queue,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const queuePrograms: readonly Primitive[] = [
  {
    name: 'Queue: every item once, in order, never more than fit',
    needsAll: true,
    program: async () => {
      const queue = new Queue<number>({ capacity: 1 })
      always('never more than fit', () => queue.size <= 1)
      const got: number[] = []
      const take = async (): Promise<void> => {
        got.push(await queue.get())
        got.push(await queue.get())
      }
      const put = async (): Promise<void> => {
        for (const item of [0, 1, 2, 3]) await queue.put(item)
      }
      await together(take, put, take)
      must(got.toSorted((a, b) => a - b).join() === '0,1,2,3', `got ${got.join()}`)
      must(queue.size === 0 && queue.getters === 0 && queue.putters === 0, 'something is left')
    },
  },
  {
    name: 'Queue: with one reader the order of the writer is kept, falsy items too',
    needsAll: true,
    program: async () => {
      const queue = new Queue<unknown>({ capacity: 2 })
      const items = [0, undefined, false, '']
      const got: unknown[] = []
      await together(
        async () => {
          for (const item of items) await queue.put(item)
          queue.close()
        },
        async () => {
          for await (const item of queue) got.push(item)
        },
      )
      must(got.length === 4 && got.every((item, i) => item === items[i]), 'items differ')
    },
  },
  {
    name: 'Queue: nothing is lost or doubled by tasks that are cancelled',
    program: async () => {
      const queue = new Queue<number>({ capacity: 1 })
      const [put, got]: [number[], number[]] = [[], []]
      const producer = (item: number) => async () => {
        await queue.put(item)
        put.push(item)
      }
      const consumer = async (): Promise<void> => {
        for (;;) got.push(await queue.get())
      }
      await together(
        () => together(producer(0), producer(1)).finally(() => queue.close()),
        () => consumer().catch(unlessClosed),
        () => consumer().catch(unlessClosed),
      )
      while (queue.size > 0) got.push(queue.tryGet() as number)
      must(new Set(got).size === got.length, `doubled: ${got.join()}`)
      must(
        put.every((item) => got.includes(item)),
        `put ${put.join()}, got ${got.join()}`,
      )
      must(queue.getters === 0 && queue.putters === 0, 'somebody waits in a closed queue')
    },
  },
  {
    name: 'Queue: join waits until every item is done',
    needsAll: true,
    program: async () => {
      const queue = new Queue<number>()
      let done = 0
      for (const item of [1, 2]) queue.tryPut(item)
      await together(
        async () => {
          for (let i = 0; i < 2; i++) {
            await queue.get()
            await checkpoint()
            done += 1
            queue.taskDone()
          }
        },
        async () => {
          await queue.join()
          must(done === 2, `join came back after ${done} of 2`)
        },
      )
    },
  },
  {
    name: 'Queue: close turns writers away, readers read on to the end',
    program: async () => {
      const queue = new Queue<number>({ capacity: 1 })
      const got: number[] = []
      let accepted = 0
      await together(
        async () => {
          for (const item of [1, 2, 3]) {
            await queue.put(item)
            accepted += 1
          }
        },
        async () => {
          for (;;) got.push(await queue.get())
        },
        async () => {
          try {
            await checkpoint()
          } finally {
            queue.close()
          }
        },
      ).catch(unlessClosed)
      while (queue.size > 0) got.push(queue.tryGet() as number)
      must(got.length === accepted, `${accepted} accepted, ${got.length} came out`)
      must(queue.getters === 0 && queue.putters === 0, 'somebody waits in a closed queue')
    },
  },
  {
    name: 'Queue: a reader that was given an item and then cancelled keeps it',
    program: async () => {
      const queue = new Queue<string>()
      const scope = new CancelScope()
      const got: string[] = []
      await together(
        () => scope.run(async () => void got.push(await queue.get())),
        async () => {
          queue.tryPut('item')
          scope.cancel()
        },
      )
      must(got.length + queue.size === 1, `got ${got.length}, left ${queue.size}`)
    },
  },
  {
    name: 'PriorityQueue: the least that it holds comes first, nothing is lost or doubled',
    program: async () => {
      const queue = new PriorityQueue<number>({ compare: (a, b) => a - b })
      const got: number[] = []
      let put = 0
      const producer = (items: number[]) => async () => {
        for (const item of items) {
          await queue.put(item)
          put += 1
        }
      }
      await together(producer([4, 1]), producer([2]), async () => void got.push(await queue.get()))
      const rest: number[] = []
      while (queue.size > 0) rest.push(queue.tryGet() as number)
      must(rest.join() === rest.toSorted((a, b) => a - b).join(), `left ${rest.join()}`)
      must(
        new Set([...got, ...rest]).size === put,
        `put ${put}, got ${got.join()}, left ${rest.join()}`,
      )
    },
  },
  {
    name: 'LifoQueue: the last that it holds comes first, writers are let in as they came',
    needsAll: true,
    program: async () => {
      const queue = new LifoQueue<number>({ capacity: 2 })
      const got: number[] = []
      const put: number[] = []
      await together(
        async () => {
          for (const item of [1, 2, 3, 4]) {
            await queue.put(item)
            put.push(item)
          }
        },
        async () => {
          got.push(await queue.get())
          got.push(await queue.get())
        },
      )
      const rest = [queue.tryGet(), queue.tryGet()] as number[]
      must((rest[0] as number) > (rest[1] as number) && queue.size === 0, `left ${rest.join()}`)
      must(new Set([...got, ...rest]).size === 4 && put.join() === '1,2,3,4', `got ${got.join()}`)
    },
  },
]

function unlessClosed(error: unknown): void {
  if (!(error instanceof ClosedError)) throw error
}
