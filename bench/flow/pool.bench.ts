import genericPool from 'generic-pool'
import { Effect, Pool as EffectPool } from 'effect'
import { Pool as TarnPool } from 'tarn'
import { Pool, run, taskGroup } from 'corral'
import type { Suite } from '../harness/suite.ts'

class Connection {
  open = true
}

const create = async (): Promise<Connection> => new Connection()
const destroy = async (connection: Connection): Promise<void> => {
  connection.open = false
}
const tick = Promise.resolve()
const crowd = 100
const size = 10

/** What tarn's pool is made of: its times are long, so that nothing is closed meanwhile. */
const tarnOptions = {
  create,
  destroy,
  min: 0,
  max: size,
  idleTimeoutMillis: 600_000,
  reapIntervalMillis: 600_000,
}

/** `crowd` borrowers take turns at `size` resources; each keeps one over one turn of the microtasks. */
async function contended(n: number, turn: () => Promise<unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: crowd }, async () => {
      for (let i = 0; i < n / crowd; i++) await turn()
    }),
  )
}

export const suites: Suite[] = [
  {
    title: 'Pool, one borrower',
    operation: 'acquire, awaited, and give back',
    n: 100_000,
    budgets: { effect: 0.5, 'generic-pool': 1, tarn: 1 },
    cases: {
      floor: async (n) => {
        const idle = [await create()]
        for (let i = 0; i < n; i++) {
          const connection = await Promise.resolve(idle.pop() as Connection)
          idle.push(connection)
        }
      },
      corral: (n) =>
        run(async () => {
          await using pool = new Pool({ create, destroy, max: size })
          for (let i = 0; i < n; i++) {
            const lease = await pool.acquire()
            void lease[Symbol.asyncDispose]()
          }
        }),
      effect: (n) =>
        Effect.runPromise(
          Effect.scoped(
            Effect.gen(function* () {
              const pool = yield* EffectPool.make({ acquire: Effect.promise(create), size })
              const turn = Effect.scoped(EffectPool.get(pool))
              for (let i = 0; i < n; i++) yield* turn
            }),
          ),
        ),
      'generic-pool': async (n) => {
        const pool = genericPool.createPool({ create, destroy }, { max: size })
        for (let i = 0; i < n; i++) await pool.release(await pool.acquire())
      },
      tarn: async (n) => {
        const pool = new TarnPool(tarnOptions)
        for (let i = 0; i < n; i++) pool.release(await pool.acquire().promise)
        await pool.destroy()
      },
    },
  },
  {
    title: 'Pool, 100 borrowers of 10',
    operation: 'acquire, one turn, give back',
    n: 100_000,
    budgets: { effect: 0.5, 'generic-pool': 1, tarn: 1 },
    cases: {
      corral: (n) =>
        run(async () => {
          await using pool = new Pool({ create, destroy, max: size })
          const turn = async (): Promise<void> => {
            const lease = await pool.acquire()
            await tick
            void lease[Symbol.asyncDispose]()
          }
          await taskGroup(async (group) => {
            for (let k = 0; k < crowd; k++) {
              group.spawn(async () => {
                for (let i = 0; i < n / crowd; i++) await turn()
              })
            }
          })
        }),
      effect: (n) =>
        Effect.runPromise(
          Effect.scoped(
            Effect.gen(function* () {
              const pool = yield* EffectPool.make({ acquire: Effect.promise(create), size })
              const turn = Effect.scoped(
                Effect.andThen(
                  EffectPool.get(pool),
                  Effect.promise(() => tick),
                ),
              )
              const worker = Effect.gen(function* () {
                for (let i = 0; i < n / crowd; i++) yield* turn
              })
              yield* Effect.all(Array<typeof worker>(crowd).fill(worker), {
                concurrency: 'unbounded',
                discard: true,
              })
            }),
          ),
        ),
      'generic-pool': (n) => {
        const pool = genericPool.createPool({ create, destroy }, { max: size })
        return contended(n, async () => {
          const connection = await pool.acquire()
          await tick
          await pool.release(connection)
        })
      },
      tarn: (n) => {
        const pool = new TarnPool(tarnOptions)
        return contended(n, async () => {
          const connection = await pool.acquire().promise
          await tick
          pool.release(connection)
        })
      },
    },
  },
]
