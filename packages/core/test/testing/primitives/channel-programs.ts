import {
  Broadcast,
  checkpoint,
  ClosedError,
  LaggedError,
  openChannel,
  Queue,
  select,
  Watch,
} from '../../../src/index.ts'
import type { Receiver } from '../../../src/index.ts'
import { must, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const channelPrograms: readonly Primitive[] = [
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
    name: 'Broadcast: everybody gets every item in order, or is told how many were missed',
    program: async () => {
      const news = new Broadcast<number>({ capacity: 1 })
      let sent = 0
      const follow = (receiver: Receiver<number>) => async () => {
        using _closed = receiver
        let [seen, last] = [0, 0]
        try {
          for (;;) {
            const item = await receiver.receive().catch((error: unknown) => {
              if (!(error instanceof LaggedError)) throw error
              seen += error.missed
            })
            if (item === undefined) continue
            must(item > last, `${item} after ${last}`)
            last = item
            seen += 1
          }
        } catch (error) {
          unlessClosed(error)
          must(seen === sent, `${sent} sent, ${seen} seen or known to be missed`)
        }
      }
      await together(follow(news.subscribe()), follow(news.subscribe()), async () => {
        using _closed = news
        for (const item of [1, 2, 3]) {
          sent += 1
          news.send(item)
          await checkpoint()
        }
      })
      must(news.receivers === 0, 'a receiver is left')
    },
  },
]

function unlessClosed(error: unknown): void {
  if (!(error instanceof ClosedError)) throw error
}
