import {
  CancelScope,
  checkpoint,
  ClosedError,
  openChannel,
  Queue,
  select,
  Watch,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const channelPrograms: readonly Primitive[] = [
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
    large: true,
    program: async () => {
      const queue = new Queue<number>({ capacity: 1 })
      const [put, got]: [number[], number[]] = [[], []]
      const producer = (first: number) => async () => {
        for (const item of [first, first + 1]) {
          await queue.put(item)
          put.push(item)
        }
      }
      const consumer = async (): Promise<void> => {
        for (;;) got.push(await queue.get())
      }
      await together(
        () => together(producer(0), producer(10)).finally(() => queue.close()),
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
    name: 'channel: at a rendezvous a send ends with the receive that takes it',
    needsAll: true,
    program: async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 0 })
      const got: number[] = []
      let asked = 0
      await together(
        async () => {
          for (const item of [1, 2]) {
            await sender.send(item)
            must(asked >= item, 'sent before anybody asked')
          }
          sender.close()
        },
        async () => {
          asked += 1
          got.push(await receiver.receive())
          asked += 1
          got.push(await receiver.receive())
        },
      )
      must(got.join() === '1,2', `got ${got.join()}`)
    },
  },
  {
    name: 'channel: a send that was cancelled was not received, one that ended was',
    program: async () => {
      const [sender, receiver] = openChannel<number>({ capacity: 0 })
      const sent: number[] = []
      const got: number[] = []
      await together(
        async () => {
          try {
            for (const item of [1, 2, 3]) {
              await sender.send(item)
              sent.push(item)
            }
          } finally {
            sender.close()
          }
        },
        async () => {
          try {
            for await (const item of receiver) got.push(item)
          } finally {
            receiver.close()
          }
        },
      ).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== 'BROKEN') throw error
      })
      must(
        sent.every((item) => got.includes(item)),
        `sent ${sent.join()}, got ${got.join()}`,
      )
      must(got.length <= sent.length + 1, `sent ${sent.join()}, got ${got.join()}`)
    },
  },
  {
    name: 'select: one case takes effect, the others take nothing',
    program: async () => {
      const [a, b] = [new Queue<string>(), new Queue<string>()]
      const got: string[] = []
      const choose = async (): Promise<void> => {
        const chosen = await select({ a: () => a.get(), b: () => b.get() })
        got.push(chosen.value)
      }
      await together(
        choose,
        async () => void a.tryPut('a1'),
        async () => void b.tryPut('b1'),
        choose,
      )
      const rest = a.size + b.size
      must(got.length + rest === 2, `got ${got.join()}, left ${rest}`)
      must(new Set(got).size === got.length, `doubled: ${got.join()}`)
      must(a.getters + b.getters === 0, 'a case that lost still waits')
    },
  },
  {
    name: 'Watch: nobody misses the last value',
    needsAll: true,
    program: async () => {
      const watch = new Watch(0)
      let seen = 0
      await together(
        async () => {
          const receiver = watch.subscribe()
          seen = watch.value
          await checkpoint()
          while (seen < 2) seen = await receiver.receive()
        },
        async () => {
          watch.set(1)
          await checkpoint()
          watch.set(2)
        },
      )
      must(seen === 2, `saw ${seen}`)
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
]

function unlessClosed(error: unknown): void {
  if (!(error instanceof ClosedError)) throw error
}
