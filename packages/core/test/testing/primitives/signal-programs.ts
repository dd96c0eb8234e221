import {
  Barrier,
  BrokenError,
  CancelScope,
  checkpoint,
  Condition,
  Event,
  moveOnAfter,
  Once,
  shield,
  sleep,
  stopping,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must, onlyRange, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const signalPrograms: readonly Primitive[] = [
  {
    name: 'stopping: whoever asks, before or after it was set, is told to stop',
    needsAll: true,
    program: async () => {
      let told = 0
      const wait = async (): Promise<void> => {
        await stopping().wait()
        must(stopping().isSet, 'told to stop, and it is not set')
        told += 1
      }
      await together(wait, wait, async () => {
        await checkpoint()
        stopping().set()
      })
      must(told === 2 && stopping().waiting === 0, 'somebody still waits')
    },
  },
  {
    name: 'Event: set wakes everybody, and those who come later do not wait',
    needsAll: true,
    program: async () => {
      const event = new Event()
      let woken = 0
      const wait = async (): Promise<void> => {
        await event.wait()
        must(event.isSet, 'woken, and it is not set')
        woken += 1
      }
      await together(wait, wait, async () => {
        await checkpoint()
        event.set()
      })
      must(woken === 2 && event.waiting === 0, 'somebody still waits')
    },
  },
  {
    name: 'Condition: notify is not lost, and wait comes back with the lock held',
    needsAll: true,
    program: async () => {
      const condition = new Condition()
      const items: number[] = []
      let inside = 0
      const got: number[] = []
      always('one inside', () => inside <= 1)
      const take = async (): Promise<void> => {
        using _held = await condition.lock.acquire()
        await condition.waitFor(() => items.length > 0)
        inside += 1
        got.push(items.shift() as number)
        await checkpoint()
        inside -= 1
      }
      const put = (item: number) => async () => {
        using _held = await condition.lock.acquire()
        items.push(item)
        condition.notify()
      }
      await together(take, take, put(1), put(2))
      must(
        got.toSorted((a, b) => a - b).join() === '1,2' && condition.waiting === 0,
        `got ${got.join()}`,
      )
      must(!condition.lock.locked && condition.lock.waiting === 0, 'the lock is not free')
    },
  },
  {
    name: 'Condition: a notification that meets a cancelled waiter goes to the next one',
    program: async () => {
      const condition = new Condition()
      const scope = new CancelScope()
      let [served, notified] = [0, 0]
      let inside = 0
      always('one has the lock', () => inside <= 1)
      const wait = async (): Promise<void> => {
        using _held = await condition.lock.acquire()
        try {
          await condition.wait()
          served += 1
        } finally {
          inside += 1
          await shield(checkpoint)
          inside -= 1
        }
      }
      await moveOnAfter(1000, () =>
        together(
          () => scope.run(wait),
          wait,
          async () => {
            await checkpoint()
            using _held = await condition.lock.acquire()
            notified += Math.min(1, condition.waiting)
            condition.notify()
          },
          async () => {
            await checkpoint()
            scope.cancel()
          },
        ),
      )
      must(served === notified, `${notified} notified, ${served} served`)
      must(!condition.lock.locked && condition.lock.waiting === 0, 'the lock is not free')
    },
  },
  {
    name: 'Barrier: all go on together, round after round, each with a number of its own',
    needsAll: true,
    program: async () => {
      const barrier = new Barrier(2)
      const rounds: number[][] = [[], []]
      const party = async (): Promise<void> => {
        for (const round of rounds) round.push(await barrier.wait())
      }
      await together(party, party)
      must(
        rounds.every((round) => round.toSorted((a, b) => a - b).join() === '0,1'),
        JSON.stringify(rounds),
      )
      must(barrier.waiting === 0 && !barrier.broken, 'somebody is left at the barrier')
    },
  },
  {
    name: 'Barrier: of three each has a number of its own',
    needsAll: true,
    program: async () => {
      const barrier = new Barrier(3)
      const numbers: number[] = []
      const party = async (): Promise<void> => {
        numbers.push(await barrier.wait())
      }
      await together(party, party, party)
      must(numbers.toSorted((a, b) => a - b).join() === '0,1,2', numbers.join())
    },
  },
  {
    name: 'Barrier: one that gives up leaves its place, abort turns all away',
    program: async () => {
      const barrier = new Barrier(3)
      const scope = new CancelScope()
      const outcomes: string[] = []
      const wait = () =>
        barrier.wait().then(
          () => outcomes.push('passed'),
          (error: unknown) => {
            if (!(error instanceof BrokenError)) throw error
            outcomes.push('broken')
          },
        )
      await together(
        () => scope.run(wait),
        wait,
        async () => {
          await checkpoint()
          scope.cancel()
          await checkpoint()
          barrier.abort()
        },
        wait,
      )
      must(barrier.waiting === 0, 'somebody is left at the barrier')
      must(!(outcomes.includes('passed') && outcomes.includes('broken')), outcomes.join())
    },
  },
  {
    name: 'Once: the work is done once, and everybody gets it',
    needsAll: true,
    program: async () => {
      let runs = 0
      const once = new Once(async () => {
        runs += 1
        await checkpoint()
        return runs
      })
      const values: number[] = []
      const ask = async (): Promise<void> => {
        values.push(await once.get())
      }
      await together(ask, ask, ask)
      must(runs === 1 && values.join() === '1,1,1', `${runs} runs, ${values.join()}`)
    },
  },
  {
    name: 'Once: one that gives up takes nobody with it, and a failure is forgotten',
    program: async () => {
      let runs = 0
      const once = new Once(async () => {
        runs += 1
        await sleep(1)
        if (runs === 1) throw new RangeError('first')
        return runs
      })
      const scope = new CancelScope()
      await together(
        () => scope.run(() => once.get().catch(onlyRange)),
        () => once.get().catch(onlyRange),
        async () => {
          await checkpoint()
          scope.cancel()
        },
      )
      must(once.waiting === 0, 'somebody waits')
      must((await once.get().catch(() => once.get())) >= 2, 'it is not tried again')
    },
  },
]
