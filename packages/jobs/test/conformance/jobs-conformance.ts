import {
  Barrier,
  Event,
  fixed,
  gather,
  isCancelled,
  moveOnAfter,
  run,
  shield,
  sleep,
  stopping,
  taskGroup,
} from 'corral'
import { sql } from '@corral/db'
import type { Database } from '@corral/db'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { declareJob, job, openJobs, PermanentError } from '../../src/index.ts'
import type {
  AnyJob,
  Capability,
  JobRun,
  Jobs,
  StoreFactory,
  WorkEvent,
  WorkOptions,
} from '../../src/index.ts'

/** An engine under test, with its workers. */
export interface JobsEngine {
  fresh(): StoreFactory
  readonly capabilities: readonly Capability[]
  /** Runs a test: in virtual time where nothing real is waited for. */
  within<T>(fn: () => Promise<T>): Promise<T>
  /** A database of the user's, and a store in it. */
  database?(): Promise<{ readonly db: Database; readonly factory: StoreFactory } & AsyncDisposable>
}

/** Works while `body` runs. */
export async function working<T>(
  jobs: Jobs,
  handlers: readonly AnyJob[],
  body: (events: readonly WorkEvent[]) => Promise<T>,
  options: WorkOptions = {},
): Promise<T> {
  const events: WorkEvent[] = []
  const value = await taskGroup(async (group) => {
    const onEvent = (event: WorkEvent): void => void events.push(event)
    group.spawn(() => jobs.work(handlers, { onEvent, ...options }), { name: 'worker' })
    const result = await body(events)
    group.cancel('the test is over')
    return result
  })
  return value as T
}

/** What every engine promises with its workers. */
export function jobsConformance(name: string, engine: JobsEngine): void {
  const has = (capability: Capability): boolean => engine.capabilities.includes(capability)
  const open = async (): Promise<Jobs> => await openJobs(engine.fresh())
  const lacks = (...needs: readonly Capability[]): boolean => !needs.every(has)
  const within = (fn: () => Promise<void>) => (): Promise<void> => engine.within(fn)
  const fast = { backoff: fixed(5) }

  describe(`${name}: work`, () => {
    it.skipIf(lacks('results'))(
      'runs what was added, and gives the result',
      within(async () => {
        await using jobs = await open()
        const double = job('double', (input: { n: number }) => ({ n: input.n * 2 }))
        const nothing = job('nothing', (input: undefined) => {
          expect(input).toBeUndefined()
        })
        await working(jobs, [double, nothing], async () => {
          const handle = await jobs.add(double, { n: 21 })
          expect(await handle.result()).toEqual({ n: 42 })
          expect(await (await jobs.add(nothing, undefined)).result()).toBeUndefined()
          expect(await handle.info()).toMatchObject({ state: 'done', input: { n: 21 }, attempt: 1 })
          expect(await jobs.list({ kind: 'double' })).toMatchObject([{ id: handle.id }])
        })
      }),
    )

    it.skipIf(lacks('results'))(
      'runs as many at the same time as it may',
      within(async () => {
        await using jobs = await open()
        const barrier = new Barrier(4)
        let most = 0
        let running = 0
        const meet = job('meet', async () => {
          running += 1
          most = Math.max(most, running)
          await barrier.wait()
          running -= 1
        })
        await working(
          jobs,
          [meet],
          async () => {
            const handles = await jobs.addMany(
              meet,
              Array.from({ length: 12 }, () => undefined),
            )
            await gather(handles.map((handle) => () => handle.result()))
            expect(most).toBe(4)
          },
          { concurrency: 4 },
        )
      }),
    )

    it.skipIf(lacks('delay', 'results', 'browse'))(
      'tries again after a delay, says why, and gives up after the last attempt',
      within(async () => {
        await using jobs = await open()
        let tries = 0
        const flaky = job(
          'flaky',
          (succeeds: number, { attempt, attempts }: JobRun) => {
            tries += 1
            if (attempt < succeeds) throw new Error(`no ${attempt} of ${attempts}`)
            return attempt
          },
          { attempts: 3, ...fast },
        )
        await working(jobs, [flaky], async (events) => {
          expect(await (await jobs.add(flaky, 3)).result()).toBe(3)
          const hopeless = await jobs.add(flaky, 9)
          await expect(hopeless.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
          expect(tries).toBe(6)
          const { failures, state } = await hopeless.info()
          expect(state).toBe('dead')
          expect(failures.map(({ message }) => message)).toEqual([
            'no 1 of 3',
            'no 2 of 3',
            'no 3 of 3',
          ])
          expect(failures[0]?.stack).toContain('jobs-conformance')
          expect(events.map(({ type }) => type).filter((type) => type !== 'started')).toEqual([
            'retries',
            'retries',
            'done',
            'retries',
            'retries',
            'failed',
          ])
          tries = 0
          expect(await jobs.redrive()).toBe(1)
          await expect(hopeless.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
          expect(tries).toBe(3)
        })
      }),
    )

    it.skipIf(lacks('results', 'browse'))(
      'does not try again what is permanent, or what its option says',
      within(async () => {
        await using jobs = await open()
        const permanent = job('permanent', () => {
          throw new PermanentError('never')
        })
        const choosy = job(
          'choosy',
          () => {
            throw new TypeError('never')
          },
          { shouldRetry: (error) => !(error instanceof TypeError) },
        )
        const odd = job(
          'odd',
          () => {
            // oxlint-disable-next-line typescript/only-throw-error
            throw 'a string'
          },
          { attempts: 1 },
        )
        await working(jobs, [permanent, choosy, odd], async () => {
          for (const kind of [permanent, choosy, odd]) {
            const handle = await jobs.add(kind, undefined)
            await expect(handle.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
            expect((await handle.info()).attempt).toBe(1)
            if (kind !== odd) continue
            expect((await handle.info()).failures[0]?.message).toContain('"a string" (string)')
          }
        })
      }),
    )

    it.skipIf(lacks('results', 'browse'))(
      'cancels one that takes too long, and waits for its cleanup',
      within(async () => {
        await using jobs = await open()
        let cleaned = false
        const slow = job(
          'slow',
          async () => {
            try {
              await sleep(60_000)
            } finally {
              await shield(() => sleep(20))
              cleaned = true
            }
          },
          { timeout: 20, attempts: 1 },
        )
        await working(jobs, [slow], async () => {
          const handle = await jobs.add(slow, undefined)
          await expect(handle.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
          expect(cleaned).toBe(true)
          expect((await handle.info()).failures[0]).toMatchObject({ code: 'TIMEOUT' })
        })
      }),
    )

    it.skipIf(lacks('results', 'browse'))(
      'dies of an input that no longer matches the schema, and refuses to add one',
      within(async () => {
        await using jobs = await open()
        const before = declareJob<{ to: string }>('mail')
        const mail = job('mail', (input) => input.address, {
          schema: z.object({ address: z.string() }),
        })
        await working(jobs, [mail], async () => {
          await expect(jobs.add(mail, { address: 7 } as never)).rejects.toMatchObject({
            code: 'INVALID_INPUT',
          })
          const handle = await jobs.add(before, { to: 'ada' })
          await expect(handle.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
          expect((await handle.info()).failures).toMatchObject([{ code: 'INVALID_INPUT' }])
          expect(await (await jobs.add(mail, { address: 'ada' })).result()).toBe('ada')
        })
      }),
    )

    it.skipIf(lacks('results', 'browse'))(
      'dies of a result that cannot be stored, and is not done again',
      within(async () => {
        await using jobs = await open()
        let runs = 0
        const bad = job('bad', (what: string): unknown => {
          runs += 1
          if (what === 'bigint') return 1n
          const self: unknown[] = []
          self.push(self)
          return self
        })
        await working(jobs, [bad], async () => {
          for (const what of ['bigint', 'cyclic']) {
            const handle = await jobs.add(bad, what)
            await expect(handle.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
            expect((await handle.info()).failures).toMatchObject([{ code: 'NOT_STORABLE' }])
          }
          expect(runs).toBe(2)
        })
      }),
    )

    it.skipIf(lacks('results'))(
      'runs an input that was given as text, whatever is in it',
      within(async () => {
        await using jobs = await open()
        const echo = job('echo', (input: unknown) => input)
        const nasty = JSON.parse(
          '{"__proto__": {"polluted": 1}, "a": "\\u0000\\ud800", "b": [null]}',
        )
        await working(jobs, [echo], async () => {
          const handle = await jobs.add(echo, nasty)
          expect(JSON.stringify(await handle.result())).toBe(JSON.stringify(nasty))
          expect(({} as { polluted?: number }).polluted).toBeUndefined()
        })
      }),
    )
  })

  describe(`${name}: ends of workers`, () => {
    it.skipIf(lacks('results', 'browse'))(
      'gives back what runs when the worker is cancelled, and counts no attempt',
      within(async () => {
        await using jobs = await open()
        const begun = new Event()
        let cleaned = false
        const long = job('long', async (_: undefined, { attempt }) => {
          begun.set()
          if (cleaned) return attempt
          try {
            return await sleep(3_600_000)
          } finally {
            cleaned = true
          }
        })
        const handle = await jobs.add(long, undefined)
        await working(jobs, [long], () => begun.wait())
        expect(cleaned).toBe(true)
        // A claim that was under way may have taken it once more, and gave it back, too: that is a run, and no attempt.
        expect(await handle.info()).toMatchObject({ state: 'ready', attempt: 0 })
        await working(jobs, [long], async () => expect(await handle.result()).toBe(1))
      }),
    )

    it.skipIf(lacks('results', 'browse'))(
      'loses its jobs when others take it for dead, and writes nothing any more',
      within(async () => {
        const factory = engine.fresh()
        await using jobs = await openJobs(factory)
        await using others = await openJobs(factory)
        const ends: string[] = []
        const begun = new Event()
        const long = job('long', async (_: undefined, { attempt }) => {
          if (attempt > 1) return `attempt ${attempt}`
          begun.set()
          try {
            await sleep(3_600_000)
          } catch (error) {
            if (isCancelled(error)) ends.push('cancelled')
            throw error
          }
          return 'too late'
        })
        await working(jobs, [long], async (events) => {
          const handle = await jobs.add(long, undefined)
          await begun.wait()
          await others.store.reclaim(() => true)
          expect(await handle.result()).toBe('attempt 2')
          expect(ends).toEqual(['cancelled'])
          expect(events.map(({ type }) => type)).toContain('lost')
        })
      }),
    )
  })

  describe(`${name}: cancel`, () => {
    it.skipIf(lacks('cancel', 'results', 'browse'))(
      'cancels a running job, whose cleanup has run when it says so',
      within(async () => {
        const factory = engine.fresh()
        await using jobs = await openJobs(factory)
        await using others = await openJobs(factory)
        const begun = new Event()
        let cleaned = 0
        const long = job('long', async () => {
          begun.set()
          try {
            await sleep(3_600_000)
          } finally {
            await shield(() => sleep(30))
            cleaned += 1
          }
        })
        await working(jobs, [long], async () => {
          const handle = await jobs.add(long, undefined)
          await begun.wait()
          const elsewhere = others.handle(handle.id)
          expect(await elsewhere.cancel()).toBe(true)
          const { timedOut } = await moveOnAfter(30_000, async () => {
            await expect(elsewhere.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
          })
          expect(timedOut).toBe(false)
          expect(cleaned).toBe(1)
          expect(await elsewhere.cancel()).toBe(false)
        })
      }),
    )

    it.skipIf(lacks('cancel', 'results'))(
      'does not run one that was cancelled while it waited',
      within(async () => {
        await using jobs = await open()
        let runs = 0
        const never = job('never', () => void (runs += 1))
        const other = job('other', () => {})
        const handle = await jobs.add(never, undefined)
        await handle.cancel()
        await working(jobs, [never, other], async () => {
          await (await jobs.add(other, undefined)).result()
          expect(runs).toBe(0)
          await expect(handle.result()).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
        })
      }),
    )
  })

  describe(`${name}: limits`, () => {
    it.skipIf(lacks('limits', 'results'))(
      'keeps to the limits of a key and of a queue, as the handlers see it',
      within(async () => {
        const factory = engine.fresh()
        await using jobs = await openJobs(factory)
        await using others = await openJobs(factory)
        const running = new Map<string, number>()
        const most = new Map<string, number>()
        const count = async (key: string, fn: () => Promise<void>): Promise<void> => {
          running.set(key, (running.get(key) ?? 0) + 1)
          most.set(key, Math.max(most.get(key) ?? 0, running.get(key) ?? 0))
          await fn()
          running.set(key, (running.get(key) ?? 0) - 1)
        }
        const limited = job(
          'limited',
          (tenant: string) => count(tenant, () => count('all', () => sleep(2))),
          { limit: { key: (tenant) => tenant, concurrency: 2 } },
        )
        await jobs.limit('limited', { concurrency: 3 })
        const handles = await jobs.addMany(
          limited,
          Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 'b' : 'a')),
        )
        await working(jobs, [limited], () =>
          working(others, [limited], async () => {
            await gather(handles.map((handle) => () => handle.result()))
          }),
        )
        expect(Object.fromEntries(most)).toEqual({ a: 2, b: expect.any(Number), all: 3 })
        expect(most.get('b')).toBeLessThanOrEqual(2)
      }),
    )

    it.skipIf(lacks('rate', 'results'))(
      'keeps to a rate',
      within(async () => {
        await using jobs = await open()
        const rated = job('rated', () => {}, { limit: { rate: { limit: 5, interval: 200 } } })
        // Before any of them is given a turn: on a busy machine the first to start may be the one that is late.
        const begun = performance.now()
        await working(jobs, [rated], async () => {
          const handles = await jobs.addMany(
            rated,
            Array.from({ length: 20 }, () => undefined),
          )
          await gather(handles.map((handle) => () => handle.result()))
        })
        expect(performance.now() - begun).toBeGreaterThanOrEqual(590)
      }),
    )

    it.skipIf(lacks('pause', 'results'))(
      'pauses a queue, also when who did it is gone, and resumes it',
      within(async () => {
        const factory = engine.fresh()
        await using jobs = await openJobs(factory)
        let runs = 0
        const paused = job('paused', () => void (runs += 1))
        const other = job('other', () => {})
        {
          await using others = await openJobs(factory)
          await others.pause('paused')
        }
        await working(jobs, [paused, other], async () => {
          const handle = await jobs.add(paused, undefined)
          await (await jobs.add(other, undefined)).result()
          expect(runs).toBe(0)
          await jobs.resume('paused')
          await handle.result()
          expect(runs).toBe(1)
        })
      }),
    )
  })

  describe(`${name}: workflows`, () => {
    it.skipIf(lacks('flows', 'results'))(
      'begins a job when those that it waits for are done',
      within(async () => {
        await using jobs = await open()
        const order: string[] = []
        const part = job('part', async (input: string) => {
          await sleep(input === 'a' ? 20 : 1)
          order.push(input)
        })
        await working(jobs, [part], async () => {
          const a = await jobs.add(part, 'a')
          const b = await jobs.add(part, 'b')
          const sum = await jobs.add(part, 'sum', { after: [a, b.id] })
          await sum.result()
          expect(order.toSorted()).toEqual(['a', 'b', 'sum'])
          expect(order.at(-1)).toBe('sum')
        })
      }),
    )

    it.skipIf(lacks('steps', 'delay', 'results'))(
      'does no step again that was recorded, and gives what it gave',
      within(async () => {
        await using jobs = await open()
        const done: string[] = []
        const flow = job(
          'flow',
          async (input: string, run: JobRun) => {
            const a = await run.step('a', () => {
              done.push('a')
              return { id: `${input}1` }
            })
            const b = await run.step('b', () => {
              done.push('b')
              if (run.attempt === 1) throw new Error('not yet')
            })
            await run.step('c', () => void done.push('c'))
            return [a, b, run.attempt]
          },
          fast,
        )
        await working(jobs, [flow], async () => {
          const handle = await jobs.add(flow, 'x')
          expect(await handle.result()).toEqual([{ id: 'x1' }, null, 2])
          expect(done).toEqual(['a', 'b', 'b', 'c'])
        })
      }),
    )

    it.skipIf(lacks('steps', 'delay', 'results', 'browse'))(
      'refuses steps of one name, and steps in another order',
      within(async () => {
        await using jobs = await open()
        const twice = job('twice', async (_: undefined, run) => {
          await run.step('a', () => 1)
          await run.step('a', () => 2)
        })
        const turned = job(
          'turned',
          async (_: undefined, run) => {
            const names = run.attempt === 1 ? ['a', 'b'] : ['b', 'a']
            for (const step of names) await run.step(step, () => step)
            if (run.attempt === 1) throw new Error('again')
          },
          fast,
        )
        await working(jobs, [twice, turned], async () => {
          for (const kind of [twice, turned]) {
            const handle = await jobs.add(kind, undefined)
            await expect(handle.result()).rejects.toMatchObject({ code: 'JOB_DEAD' })
            expect((await handle.info()).failures.at(-1)).toMatchObject({ code: 'STEPS' })
          }
        })
      }),
    )

    it.skipIf(lacks('steps', 'delay', 'results'))(
      'sleeps without a worker, goes on with its steps, and counts no attempt',
      within(async () => {
        await using jobs = await open()
        const done: string[] = []
        const flow = job('flow', async (_: undefined, run) => {
          await run.step('a', () => void done.push('a'))
          await run.sleep(1200)
          await run.step('b', () => void done.push('b'))
          await run.sleep(5)
          return run.attempt
        })
        await working(jobs, [flow], async (events) => {
          const handle = await jobs.add(flow, undefined)
          expect(await handle.result()).toBe(1)
          expect(done).toEqual(['a', 'b'])
          expect(events.map(({ type }) => type)).toEqual(['started', 'sleeps', 'started', 'done'])
        })
      }),
    )

    it.skipIf(lacks('progress', 'browse'))(
      'shows progress to who watches',
      within(async () => {
        await using jobs = await open()
        const next = new Event()
        const long = job('long', async (_: undefined, run) => {
          await run.progress({ percent: 50 })
          await next.wait()
        })
        await working(jobs, [long], async () => {
          const handle = await jobs.add(long, undefined)
          const states: string[] = []
          for await (const { state, progress } of handle.watch()) {
            if (states.at(-1) !== state) states.push(state)
            if (progress !== undefined) next.set()
          }
          expect(states.at(-1)).toBe('done')
          expect(await handle.progress()).toEqual({ percent: 50 })
        })
      }),
    )
  })

  describe(`${name}: cron`, () => {
    it.skipIf(lacks('cron'))(
      'adds a job each second, once for two workers',
      within(async () => {
        const factory = engine.fresh()
        await using jobs = await openJobs(factory)
        await using others = await openJobs(factory)
        const at: (number | undefined)[] = []
        const enough = new Event()
        const tick = job('tick', (input: string, run) => {
          expect(input).toBe('tock')
          at.push(run.scheduledFor)
          if (at.length === 2) enough.set()
        })
        await jobs.cron('each second', '* * * * * *', tick, 'tock')
        await others.cron('each second', '* * * * * *', tick, 'tock')
        await working(jobs, [tick], () => working(others, [tick], () => enough.wait()))
        // On a busy machine one may stand for several that were missed.
        expect(at.every((time) => time !== undefined && time % 1000 === 0)).toBe(true)
        expect(new Set(at).size).toBe(at.length)
        await jobs.uncron('each second')
        expect(await jobs.schedules()).toEqual([])
      }),
    )

    it.skipIf(lacks('cron'))(
      'refuses expressions that cannot be read or never come, and unknown zones',
      within(async () => {
        await using jobs = await open()
        const tick = job('tick', () => {})
        for (const expression of ['', '* * * *', '0 0 31 2 *', 'often', '99 * * * *', '@daily']) {
          await expect(jobs.cron('x', expression, tick, undefined)).rejects.toMatchObject({
            code: 'CRON',
          })
        }
        await expect(
          jobs.cron('x', '0 3 * * *', tick, undefined, { timezone: 'Europe/Atlantis' }),
        ).rejects.toMatchObject({ code: 'CRON' })
      }),
    )
  })

  describe(`${name}: bad input`, () => {
    it.skipIf(lacks('browse'))(
      'refuses what is not JSON, before anything is stored',
      within(async () => {
        await using jobs = await open()
        const any = declareJob<unknown>('any')
        const cyclic: Record<string, unknown> = {}
        cyclic['self'] = cyclic
        let deep: unknown = 1
        for (let i = 0; i < 100_000; i++) deep = [deep]
        const values = [
          NaN,
          Infinity,
          1n,
          cyclic,
          deep,
          () => {},
          Symbol('a'),
          new Map(),
          new Date(NaN),
        ]
        for (const bad of [...values, { a: [1n] }, new Uint8Array(1), Promise.resolve(1)]) {
          if (bad instanceof Date) continue
          await expect(jobs.add(any, bad)).rejects.toMatchObject({ code: 'NOT_STORABLE' })
        }
        await expect(jobs.add(any, 'x'.repeat(100_000_000))).rejects.toThrow('at most 1048576')
        expect(await jobs.list()).toEqual([])
      }),
    )

    it(
      'refuses options that cannot be right',
      within(async () => {
        await using jobs = await open()
        const any = declareJob<unknown>('any')
        for (const delay of [-1, NaN, Infinity]) {
          await expect(jobs.add(any, 1, { delay })).rejects.toMatchObject({ code: 'MISUSE' })
        }
        const odd = { priority: 0.5 }
        await expect(jobs.add(any, 1, odd)).rejects.toMatchObject({
          code: has('priority') ? 'MISUSE' : 'UNSUPPORTED',
        })
        await expect(jobs.add({} as never, 1)).rejects.toMatchObject({ code: 'MISUSE' })
        await expect(jobs.work([any])).rejects.toThrow('with a handler')
        await expect(jobs.work([])).rejects.toMatchObject({ code: 'MISUSE' })
        const one = job('one', () => {})
        await expect(jobs.work([one, one])).rejects.toThrow('of a name of its own')
        await expect(jobs.work([one], { lease: 5 })).rejects.toMatchObject({ code: 'MISUSE' })
      }),
    )

    it.skipIf(lacks('results', 'browse'))(
      'leaves a job alone whose kind no worker knows',
      within(async () => {
        await using jobs = await open()
        const handle = await jobs.add(declareJob('unknown'), undefined)
        const known = job('known', () => {})
        await working(jobs, [known], async () => await (await jobs.add(known, undefined)).result())
        expect((await handle.info()).state).toBe('ready')
      }),
    )
  })

  it.skipIf(!has('browse'))(`${name} drains when it is asked to stop`, async () => {
    const factory = engine.fresh()
    const begun = new Event()
    let finished = 0
    const slow = job('slow', async () => {
      begun.set()
      await sleep(50)
      finished += 1
    })
    await run(
      async () => {
        await using jobs = await openJobs(factory)
        await jobs.addMany(
          slow,
          Array.from({ length: 5 }, () => undefined),
        )
        await taskGroup(async (group) => {
          group.spawn(() => jobs.work([slow], { concurrency: 1 }))
          await begun.wait()
          stopping().set()
        })
        const states = (await jobs.list()).map(({ state, attempt }) => `${state} ${attempt}`)
        expect(states.toSorted()).toEqual(['done 1', 'ready 0', 'ready 0', 'ready 0', 'ready 0'])
      },
      { handleSignals: false, grace: 60_000 },
    )
    expect(finished).toBe(1)
  })

  it.skipIf(!has('browse'))(
    `${name} cancels what runs longer than the grace, and gives it back`,
    async () => {
      const factory = engine.fresh()
      const begun = new Event()
      const slow = job('slow', async () => {
        begun.set()
        await sleep(3_600_000)
      })
      await run(
        async () => {
          await using jobs = await openJobs(factory)
          await jobs.add(slow, undefined)
          await taskGroup(async (group) => {
            group.spawn(() => jobs.work([slow], { grace: 20 }))
            await begun.wait()
            stopping().set()
          })
          expect(await jobs.list()).toMatchObject([{ state: 'ready', attempt: 0 }])
        },
        { handleSignals: false, grace: 60_000 },
      )
    },
  )

  describe.skipIf(engine.database === undefined)(`${name}: transactions`, () => {
    const opened = async (): Promise<
      { readonly db: Database; readonly jobs: Jobs } & AsyncDisposable
    > => {
      const made = await engine.database?.()
      if (made === undefined) throw new Error('it has none')
      const jobs = await openJobs(made.factory)
      return {
        db: made.db,
        jobs,
        async [Symbol.asyncDispose]() {
          await jobs[Symbol.asyncDispose]()
          await made[Symbol.asyncDispose]()
        },
      }
    }
    const echo = job('echo', (input: number) => input)

    it(
      'adds in a transaction: invisible before its commit, gone after a rollback',
      within(async () => {
        await using made = await opened()
        const { db, jobs } = made
        const added = new Event()
        const seen = new Event()
        const handle = await taskGroup(async (group) => {
          group.spawn(async () => {
            await added.wait()
            expect(await jobs.list()).toEqual([])
            seen.set()
          })
          return await db.transaction(async (tx) => {
            const made = await jobs.add(echo, 1, { tx })
            added.set()
            await seen.wait()
            return made
          })
        })
        if (handle === undefined) throw new Error('it was cancelled')
        expect((await handle.info()).state).toBe('ready')
        const failed = db.transaction(async (tx) => {
          await jobs.add(echo, 2, { tx })
          throw new Error('no')
        })
        await expect(failed).rejects.toThrow('no')
        expect(await jobs.list()).toHaveLength(1)
        await working(jobs, [echo], async () => expect(await handle.result()).toBe(1))
      }),
    )

    it(
      'finishes in a transaction, once',
      within(async () => {
        await using made = await opened()
        const { db, jobs } = made
        await db.execute(sql`create table effect (name text)`)
        const effect = job(
          'effect',
          async (input: string, run: JobRun) => {
            await db.transaction(async (tx) => {
              await tx.execute(sql`insert into effect values (${input})`)
              if (run.attempt === 1) throw new Error('before the commit')
              await run.finishIn(tx, 'sent')
            })
            throw new Error('after the commit')
          },
          fast,
        )
        await working(jobs, [effect], async () => {
          const handle = await jobs.add(effect, 'mail')
          expect(await handle.result()).toBe('sent')
          expect(await handle.info()).toMatchObject({ state: 'done', attempt: 2 })
        })
        expect(await db.query(sql`select * from effect`)).toEqual([{ name: 'mail' }])
      }),
    )

    it(
      'does a step in a transaction once, and none of a lost claim',
      within(async () => {
        await using made = await opened()
        const { db, jobs } = made
        await db.execute(sql`create table effect (attempt integer)`)
        const effect = job(
          'effect',
          async (_: undefined, run: JobRun) => {
            const got = await run.stepIn(db, 'insert', async (tx) => {
              await tx.execute(sql`insert into effect values (${run.attempt})`)
              return run.attempt
            })
            if (run.attempt === 1) {
              await jobs.store.reclaim(() => true)
              await run.stepIn(db, 'late', (tx) => tx.execute(sql`insert into effect values (99)`))
            }
            return got
          },
          fast,
        )
        await working(jobs, [effect], async () => {
          expect(await (await jobs.add(effect, undefined)).result()).toBe(1)
        })
        expect(await db.query(sql`select * from effect`)).toEqual([{ attempt: 1 }])
      }),
    )
  })
}
