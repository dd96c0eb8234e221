import {
  any,
  Batcher,
  CancelScope,
  checkpoint,
  Future,
  gather,
  Keyed,
  mapConcurrent,
  Pool,
  race,
  retry,
  Semaphore,
  SingleFlight,
  sleep,
  spawn,
  taskGroup,
  timeout,
  TimeoutError,
} from '../../../src/index.ts'
import { always, failpoint } from '../../../src/testing.ts'
import { must } from './primitive.ts'
import type { Primitive } from './primitive.ts'

function together(...bodies: (() => Promise<unknown>)[]): Promise<void> {
  return taskGroup(async (group) => {
    for (const [i, body] of bodies.entries()) group.spawn(body, { name: `task ${i}` })
  })
}

export const flowPrograms: readonly Primitive[] = [
  {
    name: 'taskGroup: ends after its tasks, throws the first failure, keeps the others',
    program: async () => {
      let running = 0
      const work = async (): Promise<void> => {
        running += 1
        try {
          await checkpoint()
        } finally {
          running -= 1
        }
      }
      const error = new RangeError('first')
      const thrown: unknown = await taskGroup(async (group) => {
        group.spawn(work)
        group.spawn(async () => {
          await checkpoint()
          throw error
        })
      }).catch((thrown: unknown) => thrown)
      must(running === 0, 'a task outlived its group')
      must(thrown === error || thrown === undefined || isCancelled(thrown), 'another error')
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
    name: 'Pool: never more than max, each lent to one, all destroyed by drain',
    large: true,
    program: async () => {
      let [alive, next] = [0, 0]
      const lent = new Set<number>()
      always('two at most', () => alive <= 2)
      const pool = new Pool<number>({
        create: async () => {
          await checkpoint()
          alive += 1
          return ++next
        },
        destroy: async () => {
          await checkpoint()
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

function onlyRange(error: unknown): void {
  if (!(error instanceof RangeError)) throw error
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function isInjected(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return isCancelled(error) || code === 'TASK_CANCELLED' || code === 'FAILPOINT'
}
