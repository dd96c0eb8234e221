import {
  CancelScope,
  CapacityLimiter,
  checkpoint,
  Lock,
  RwLock,
  Semaphore,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const lockPrograms: readonly Primitive[] = [
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
      const asked: { readonly n: number }[] = []
      const served: { readonly n: number }[] = []
      let taken = 0
      always('no more than two permits are out', () => taken <= 2 && taken >= 0)
      const use = (n: number) => async () => {
        const mine = { n }
        asked.push(mine)
        try {
          using _permits = await semaphore.acquire(n)
          served.push(mine)
          taken += n
          await checkpoint()
        } finally {
          if (served.includes(mine)) taken -= n
          else asked.splice(asked.indexOf(mine), 1)
        }
      }
      await together(use(1), use(2), use(1), use(1))
      must(semaphore.free === 2 && semaphore.waiting === 0, 'permits are left out')
      const large = asked.findIndex(({ n }) => n === 2)
      const later = large < 0 ? [] : asked.slice(large + 1)
      const before = served.slice(0, served.indexOf(asked[large] ?? { n: 0 }))
      must(!later.some((one) => before.includes(one)), 'the large request was overtaken')
      using both = semaphore.tryAcquire(2)
      must(both !== undefined, 'both cannot be had at the end')
    },
  },
  {
    name: 'Semaphore: whoever can be served is served at once',
    needsAll: true,
    program: async () => {
      const semaphore = new Semaphore(2)
      const asked: number[] = []
      always('the first in line cannot be served', () => {
        const first = asked[asked.length - semaphore.waiting] ?? 0
        return semaphore.waiting === 0 || first > semaphore.free
      })
      const use = (n: number) => async () => {
        asked.push(n)
        using _permits = await semaphore.acquire(n)
        await checkpoint()
      }
      await together(use(2), use(1), use(1))
      must(semaphore.free === 2, 'permits are left out')
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
    name: 'CapacityLimiter: never more than total, first come first served',
    program: async () => {
      const limiter = new CapacityLimiter(1)
      let inside = 0
      always('one inside', () => inside <= 1)
      const use = () =>
        limiter.use(async () => {
          inside += 1
          try {
            await checkpoint()
          } finally {
            inside -= 1
          }
        })
      await together(use, use, use)
      must(limiter.borrowed === 0 && limiter.waiting === 0, 'a token is borrowed or waited for')
    },
  },
  {
    name: 'CapacityLimiter: total may shrink while tokens are out',
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
]
