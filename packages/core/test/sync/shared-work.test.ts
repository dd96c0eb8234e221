import { AsyncLocalStorage } from 'node:async_hooks'
import {
  Batcher,
  Cache,
  CancelScope,
  gather,
  moveOnAfter,
  now,
  Once,
  run,
  shield,
  SingleFlight,
  sleep,
  spawn,
  TaskCancelledError,
  taskGroup,
} from 'corral'
import { always, explore, testRun, waitAllBlocked } from 'corral/testing'
import { describe, expect, test } from 'vitest'

/** Makes something as the top of a module does: in no scope. */
const outside = AsyncLocalStorage.snapshot()

/** Everything that shares work, as a way to ask for it. */
const shared: [name: string, make: (work: () => Promise<string>) => () => Promise<string>][] = [
  [
    'Once',
    (work) => {
      const once = new Once(work)
      return () => once.get()
    },
  ],
  [
    'SingleFlight',
    (work) => {
      const flights = new SingleFlight<string, string>()
      return () => flights.run('key', work)
    },
  ],
  [
    'Batcher',
    (work) => {
      const batcher = new Batcher(async (keys: string[]) => {
        const text = await work()
        return keys.map(() => text)
      })
      return () => batcher.load('key')
    },
  ],
  [
    'Cache',
    (work) => {
      const cache = new Cache(work)
      return () => cache.get('key')
    },
  ],
]

describe.each(shared)('the work of a %s', (name, make) => {
  test('made in no scope, is the work of the run that asks, which cancels it at its end', () =>
    testRun(async () => {
      let ended = ''
      const ask = outside(() =>
        make(async () => {
          try {
            await sleep(5000)
            return (ended = 'made')
          } finally {
            ended ||= `cancelled at ${now()}`
          }
        }),
      )
      await run(() => moveOnAfter(10, ask))
      expect([ended, now()]).toEqual(['cancelled at 10', 10])
    }))

  test('made in no scope, is begun anew for those who wait in another run', () =>
    testRun(async () => {
      let calls = 0
      const ask = outside(() =>
        make(async () => {
          calls += 1
          await sleep(100)
          return `call ${calls}`
        }),
      )
      const first = spawn(() => run(() => moveOnAfter(20, () => Promise.all([ask(), sleep(15)]))))
      await sleep(1)
      const second = spawn(() => run(() => ask()))
      await first
      expect(await second).toBe('call 2')
      // Who comes when a batch is being loaded is in the next one, which is of his own run.
      expect(now()).toBe(name === 'Batcher' ? 101 : 120)
    }))

  test('is kept from the cancellation of its maker by a wait that is shielded, and not longer', () =>
    testRun(async () => {
      let ended = ''
      const seen: unknown[] = []
      const scope = new CancelScope()
      await scope.run(() =>
        taskGroup(async (group) => {
          const ask = make(async () => {
            try {
              await sleep(50)
              return (ended = 'made')
            } finally {
              ended ||= 'cancelled'
            }
          })
          group.spawn(async () => seen.push(await shield(ask)))
          group.spawn(ask)
          await waitAllBlocked()
          scope.cancel()
        }),
      )
      expect([ended, seen, now()]).toEqual(['made', ['made'], 50])
    }))

  test('is cancelled with its maker when nobody waits any more', () =>
    testRun(async () => {
      let ended = ''
      const scope = new CancelScope()
      await scope.run(() =>
        taskGroup(async (group) => {
          const ask = make(async () => {
            try {
              await sleep(50)
              return (ended = 'made')
            } finally {
              ended ||= 'cancelled'
            }
          })
          for (let i = 0; i < 3; i++) group.spawn(ask)
          await sleep(1)
          scope.cancel()
        }),
      )
      expect([ended, now()]).toEqual(['cancelled', 1])
    }))

  test('is begun for one who is shielded in a scope that is cancelled already', () =>
    testRun(async () => {
      const scope = new CancelScope()
      let got = ''
      await scope.run(async () => {
        const ask = make(async () => {
          await sleep(1)
          return 'for cleanup'
        })
        scope.cancel()
        got = await shield(ask)
      })
      expect(got).toBe('for cleanup')
    }))

  test('that waits for itself by way of other work is refused, and nobody hangs', () =>
    testRun(async () => {
      const other = new SingleFlight<string, string>()
      const ask: () => Promise<string> = make(() => other.run('other', () => ask()))
      await expect(ask()).rejects.toThrow('its own')
    }))

  test('in every order, whoever is cancelled: it has ended when the run has, and waiters get a value or are cancelled', async () => {
    const { schedules } = await explore(
      async () => {
        let running = 0
        // Who comes when a batch is being loaded is in the next one.
        always('once at a time', () => running <= (name === 'Batcher' ? 3 : 1))
        const ask = outside(() =>
          make(async () => {
            running += 1
            try {
              await sleep(2)
              return 'value'
            } finally {
              running -= 1
            }
          }),
        )
        const program = (ms: number) => async () => {
          const got = await run(() => moveOnAfter(ms, ask)).catch((error: unknown) => error)
          if (got instanceof TaskCancelledError) return
          if ((got as { timedOut?: boolean }).timedOut !== true) {
            expect(got).toEqual({ timedOut: false, value: 'value' })
          }
        }
        await gather([program(1), program(10), program(3)])
        expect(running).toBe(0)
      },
      { strategies: ['delay', 'delays', 'time', 'random'], budget: 300 },
    )
    expect(schedules).toBeGreaterThan(1)
  })
})
