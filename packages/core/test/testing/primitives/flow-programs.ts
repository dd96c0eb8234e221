import {
  Batcher,
  Cache,
  CancelScope,
  checkpoint,
  gather,
  Keyed,
  open,
  Pool,
  retry,
  Semaphore,
  SingleFlight,
  taskGroup,
  TaskMap,
} from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import { must, onlyRange, together } from './primitive.ts'
import type { Primitive } from './primitive.ts'

export const flowPrograms: readonly Primitive[] = [
  {
    name: 'Cache: one load for all who ask at the same time, and what was loaded is kept',
    program: async () => {
      let loads = 0
      const cache = new Cache<string, number>(async () => {
        loads += 1
        await checkpoint()
        return loads
      })
      const ask = async (): Promise<void> => {
        const value = await cache.get('a')
        must(value > 0 && value <= loads, `got ${value}`)
      }
      await together(ask, ask, ask)
      must(loads <= 2, `${loads} loads: a second one only after the first was given up`)
    },
  },
  {
    name: 'TaskMap: never two tasks of a key, in whatever order they are replaced',
    program: async () => {
      let inside = 0
      await taskGroup(async (group) => {
        const tasks = new TaskMap<string>(group)
        const replace = async (): Promise<void> => {
          await checkpoint()
          tasks.spawn(
            'a',
            async () => {
              must(++inside === 1, 'two of a key are at work')
              try {
                await checkpoint()
              } finally {
                inside -= 1
              }
            },
            { existing: 'replace' },
          )
        }
        await together(replace, replace)
      })
      must(inside === 0, `${inside} are at work`)
    },
  },
  {
    name: 'Pool: never more than max, each lent to one, all destroyed by drain',
    program: async () => {
      let [alive, next] = [0, 0]
      const lent = new Set<number>()
      always('two at most', () => alive <= 2)
      const pool = new Pool<number>({
        create: async () => {
          alive += 1
          return ++next
        },
        destroy: async () => {
          alive -= 1
        },
        max: 2,
      })
      const use = () =>
        pool.use(async (value) => {
          must(!lent.has(value), `${value} is lent twice`)
          lent.add(value)
          try {
            await checkpoint()
          } finally {
            lent.delete(value)
          }
        })
      await together(use, use, use)
      await pool.drain()
      must(alive === 0 && pool.size === 0 && pool.waiting === 0, `${alive} are left`)
    },
  },
  {
    name: 'Pool: the second one waits until the first gives back, and a broken one is replaced',
    program: async () => {
      let [alive, made] = [0, 0]
      const pool = new Pool<number>({
        create: () => {
          alive += 1
          return Promise.resolve(++made)
        },
        destroy: async () => {
          await checkpoint()
          alive -= 1
        },
        max: 1,
      })
      always('one at most', () => alive <= 1)
      const use = () => pool.use(checkpoint)
      await together(use, use)
      must(pool.waiting === 0 && pool.available === pool.size, 'one is not given back')
      await pool.drain()
      must(alive === 0 && pool.size === 0, `${alive} are left`)
    },
  },
  {
    name: 'SingleFlight: one flight at a time for a key, and all get what it brings',
    needsAll: true,
    program: async () => {
      const flights = new SingleFlight<string, number>()
      let [running, runs] = [0, 0]
      always('one flight', () => running <= 1)
      const fly = async (): Promise<number> => {
        running += 1
        await checkpoint()
        running -= 1
        return ++runs
      }
      const got = await gather([
        () => flights.run('k', fly),
        () => flights.run('k', fly),
        () => flights.run('k', fly),
      ])
      must(
        got.every((value) => value >= 1 && value <= runs),
        got.join(),
      )
      must(flights.size === 0, 'a flight is left')
    },
  },
  {
    name: 'Batcher: everybody gets the answer to his own question',
    needsAll: true,
    program: async () => {
      const sizes: number[] = []
      const batcher = new Batcher<number, number>(
        async (keys) => {
          sizes.push(keys.length)
          await checkpoint()
          return keys.map((key) => key * 10)
        },
        { maxSize: 2 },
      )
      const ask = (key: number) => async () => {
        const value = await batcher.load(key)
        must(value === key * 10, `asked ${key}, got ${value}`)
      }
      await together(ask(1), ask(2), ask(3))
      must(
        sizes.every((size) => size <= 2),
        sizes.join(),
      )
    },
  },
  {
    name: 'Keyed: one per key while it is used, and idle keys leave',
    program: async () => {
      let inside = 0
      always('one at a time', () => inside <= 1)
      const keyed = new Keyed<string, Semaphore>(() => new Semaphore(1))
      const use = () =>
        keyed.use('host', (semaphore) =>
          semaphore.use(async () => {
            inside += 1
            try {
              await checkpoint()
            } finally {
              inside -= 1
            }
          }),
        )
      await together(use, use, use)
      must(keyed.size === 0, 'an idle key stays')
    },
  },
  {
    name: 'retry: never two attempts at once, and a cancellation is not retried',
    program: async () => {
      let [running, attempts] = [0, 0]
      always('one attempt at a time', () => running <= 1)
      const scope = new CancelScope()
      await together(
        () =>
          scope.run(() =>
            retry(
              async () => {
                attempts += 1
                running += 1
                try {
                  await checkpoint()
                  if (attempts < 3) throw new RangeError('again')
                } finally {
                  running -= 1
                }
              },
              { attempts: 3, backoff: [5, 5] },
            ).catch(onlyRange),
          ),
        async () => {
          await checkpoint()
          scope.cancel()
        },
      )
      must(attempts <= 3 && running === 0, `${attempts} attempts`)
    },
  },
  {
    name: 'open: what was acquired is released once, before the block is left',
    program: async () => {
      let [acquired, released] = [0, 0]
      const use = async (): Promise<void> => {
        await using _lease = await open(
          async () => {
            await checkpoint()
            acquired += 1
          },
          async () => {
            await checkpoint()
            released += 1
          },
        )
        await checkpoint()
      }
      await together(use, use)
      must(acquired === released, `${acquired} acquired, ${released} released`)
    },
  },
]
