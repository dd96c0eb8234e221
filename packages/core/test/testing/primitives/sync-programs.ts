import {
  Barrier,
  BrokenError,
  CancelScope,
  CapacityLimiter,
  checkpoint,
  Condition,
  Event,
  Lock,
  moveOnAfter,
  Once,
  RwLock,
  Semaphore,
  sleep,
  taskGroup,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must } from './primitive.ts'
import type { Primitive } from './primitive.ts'

/** Runs each body in a task of its own; one that was cancelled alone disturbs nobody. */
function together(...bodies: (() => Promise<unknown>)[]): Promise<void> {
  return taskGroup(async (group) => {
    for (const [i, body] of bodies.entries()) group.spawn(body, { name: `task ${i}` })
  })
}

export const syncPrograms: readonly Primitive[] = [
  {
    name: 'Semaphore: never more inside than permits, all permits come back, first come first served',
    program: async () => {
      const semaphore = new Semaphore(1)
      let inside = 0
      always('one at a time', () => inside <= 1)
      const asked: number[] = []
      const served: number[] = []
      const use = (id: number) => async () => {
        asked.push(id)
        using _permit = await semaphore.acquire()
        served.push(id)
        inside += 1
        try {
          await checkpoint()
        } finally {
          inside -= 1
        }
      }
      await together(use(0), use(1), use(2))
      must(semaphore.free === 1 && semaphore.waiting === 0, 'a permit or a waiter is left behind')
      const order = asked.filter((id) => served.includes(id))
      must(served.join() === order.join(), `asked ${order.join()}, served ${served.join()}`)
    },
  },
  {
    name: 'Semaphore: a large request is not overtaken, and what it gives back serves several',
    program: async () => {
      const semaphore = new Semaphore(2)
      let taken = 0
      always('no more than two permits are out', () => taken <= 2 && taken >= 0)
      const use = (n: number) => async () => {
        using _permits = await semaphore.acquire(n)
        taken += n
        try {
          await checkpoint()
        } finally {
          taken -= n
        }
      }
      await together(use(1), use(2), use(1), use(1))
      must(semaphore.free === 2 && semaphore.waiting === 0, 'permits are left out')
      using both = semaphore.tryAcquire(2)
      must(both !== undefined, 'both cannot be had at the end')
    },
  },
  {
    name: 'Semaphore: one that gives up in line lets those behind it pass',
    needsAll: true,
    program: async () => {
      const semaphore = new Semaphore(2)
      const scope = new CancelScope()
      using _held = await semaphore.acquire()
      let small = false
      await together(
        () => scope.run(() => semaphore.acquire(2)),
        async () => {
          using _permit = await semaphore.acquire()
          small = true
        },
        async () => {
          await checkpoint()
          scope.cancel()
        },
      )
      must(small && semaphore.waiting === 0, 'the line is stuck')
    },
  },
  {
    name: 'Lock: one holder, first come first served, free at the end',
    program: async () => {
      const lock = new Lock()
      let inside = 0
      always('one holder', () => inside <= 1)
      const use = () =>
        lock.use(async () => {
          inside += 1
          try {
            await checkpoint()
          } finally {
            inside -= 1
          }
        })
      await together(use, use, use)
      must(!lock.locked && lock.waiting === 0, 'the lock is held or waited for')
    },
  },
  {
    name: 'RwLock: writers alone, readers together, a waiting writer is not starved',
    program: async () => {
      const lock = new RwLock()
      let [readers, writers] = [0, 0]
      always('a writer is alone', () => writers <= 1 && (writers === 0 || readers === 0))
      const read = async (): Promise<void> => {
        using _read = await lock.read()
        readers += 1
        try {
          await checkpoint()
        } finally {
          readers -= 1
        }
      }
      const write = async (): Promise<void> => {
        using _write = await lock.write()
        writers += 1
        try {
          await checkpoint()
        } finally {
          writers -= 1
        }
      }
      await together(read, write, read, write)
      must(lock.readers === 0 && !lock.writing && lock.waiting === 0, 'the lock is not free')
    },
  },
  {
    name: 'CapacityLimiter: total is kept, also when it shrinks',
    program: async () => {
      const limiter = new CapacityLimiter(2)
      let inside = 0
      always('at most two inside', () => inside <= 2)
      const use = () =>
        limiter.use(async () => {
          inside += 1
          try {
            await checkpoint()
          } finally {
            inside -= 1
          }
        })
      await together(use, use, async () => {
        await checkpoint()
        limiter.total = 1
      })
      must(limiter.borrowed === 0 && limiter.waiting === 0, 'a token is borrowed or waited for')
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
      const wait = async (): Promise<void> => {
        using _held = await condition.lock.acquire()
        await condition.wait()
        served += 1
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
      must(served >= notified, `${notified} notified, ${served} served`)
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

function onlyRange(error: unknown): void {
  if (!(error instanceof RangeError)) throw error
}
