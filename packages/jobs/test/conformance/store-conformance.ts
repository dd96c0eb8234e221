import { MisuseError, gather, mapConcurrent, moveOnAfter, sleep } from 'corral'
import { describe, expect, it } from 'vitest'
import { Silence } from '../../src/worker/silence.ts'
import { outcomeOf } from '../../src/state/outcome.ts'
import type { RunEnd } from '../../src/state/outcome.ts'
import type {
  Capability,
  ClaimedJob,
  JobFilter,
  JobRecord,
  JobStore,
  Membership,
  NewJob,
  StoreFactory,
} from '../../src/index.ts'

/** An engine under test. */
export interface StoreEngine {
  /** A store with no jobs in it. What it makes opens the same jobs each time. */
  fresh(): StoreFactory
  readonly capabilities: readonly Capability[]
}

export const failure = {
  attempt: 1,
  at: 0,
  name: 'Error',
  message: 'no',
  code: undefined,
  stack: undefined,
}
const keep = { done: 60_000, dead: 60_000 }
let claims = 0

export function newJob(patch: Partial<NewJob> = {}): NewJob {
  return {
    kind: 'mail',
    queue: 'mail',
    payload: '{"to":"ada"}',
    priority: 0,
    delay: 0,
    attempts: 3,
    unique: undefined,
    limitKey: undefined,
    limit: undefined,
    after: [],
    expires: undefined,
    scheduledFor: undefined,
    ...patch,
  }
}

export async function addOne(store: JobStore, patch: Partial<NewJob> = {}): Promise<string> {
  const [added] = await store.add([newJob(patch)])
  return added?.id ?? ''
}

export async function get(store: JobStore, id: string): Promise<JobRecord | undefined> {
  return (await store.list({ ids: [id] }))[0]
}

async function stateOf(store: JobStore, id: string): Promise<string | undefined> {
  return (await get(store, id))?.state
}

/** A worker that claims by hand. */
class Hand {
  readonly store: JobStore
  readonly id: string
  readonly membership: Membership

  constructor(store: JobStore, id: string, membership: Membership) {
    this.store = store
    this.id = id
    this.membership = membership
  }

  static async join(store: JobStore, lease = 60_000): Promise<Hand> {
    const id = `worker-${(claims += 1)}`
    return new Hand(store, id, await store.join({ id, host: 'here', pid: process.pid, lease }))
  }

  async claim(room = 10, kinds: readonly string[] = ['mail']): Promise<readonly ClaimedJob[]> {
    return (await this.claimed(room, kinds)).jobs
  }

  async claimed(room: number, kinds: readonly string[]): ReturnType<JobStore['claim']> {
    const sources = kinds.map((kind) => ({ kind, queue: kind }))
    return await this.store.claim({
      worker: this.id,
      claim: `${this.id}:${(claims += 1)}`,
      sources,
      room,
    })
  }

  async one(): Promise<ClaimedJob> {
    const [job] = await this.claim(1)
    if (job === undefined) throw new Error('there was nothing to claim')
    return job
  }

  async end(job: ClaimedJob, end: RunEnd, delay = 0, kept = keep): Promise<boolean> {
    const [yes = false] = await this.store.settle([outcomeOf(job, end, kept, delay)])
    return yes
  }

  async done(job: ClaimedJob): Promise<boolean> {
    return await this.end(job, { how: 'returned', result: '"ok"' })
  }
}

/** Waits until it is true, for as long as the test may take. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5)
}

/** What every store promises. */
export function storeConformance(name: string, engine: StoreEngine): void {
  const has = (capability: Capability): boolean => engine.capabilities.includes(capability)
  const open = async (): Promise<JobStore> => await engine.fresh().open()
  const when = (capability: Capability): typeof it | typeof it.skip =>
    has(capability) ? it : it.skip

  describe(`${name}: add and claim`, () => {
    it('gives a job once, with what it was added with', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store, { attempts: 7 })
      const [job, ...others] = await hand.value.claim()
      expect(others).toEqual([])
      expect(job).toMatchObject({
        id,
        kind: 'mail',
        queue: 'mail',
        state: 'running',
        payload: '{"to":"ada"}',
        run: 1,
        attempt: 1,
        attempts: 7,
        worker: hand.value.id,
      })
      expect(await hand.value.claim()).toEqual([])
    })

    it('gives many that were added at once in their order', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const jobs = Array.from({ length: 50 }, (_, i) => newJob({ payload: String(i) }))
      const added = await store.add(jobs)
      expect(new Set(added.map(({ id }) => id)).size).toBe(50)
      const first = await hand.value.claim(20)
      const second = await hand.value.claim(50)
      expect([...first, ...second].map(({ payload }) => Number(payload))).toEqual(
        jobs.map((_, i) => i),
      )
      expect([...first, ...second].map(({ id }) => id)).toEqual(added.map(({ id }) => id))
    })

    it('keeps text as it is: NUL, lone surrogates as JSON writes them, quotes, emoji', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const payload = JSON.stringify({ a: '\0', b: '\ud800', c: `'"\\`, d: '👩‍🚀', __proto__x: 1 })
      await addOne(store, { payload })
      const job = await hand.value.one()
      expect(JSON.parse(job.payload)).toEqual(JSON.parse(payload))
      await hand.value.end(job, { how: 'returned', result: payload })
      if (has('results')) expect((await get(store, job.id))?.result).toBe(payload)
    })

    it('gives what it gave when a claim is asked for again, because its answer was lost', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.add([newJob(), newJob(), newJob()])
      const sources = [{ kind: 'mail', queue: 'mail' }]
      const request = { worker: hand.value.id, claim: `again ${(claims += 1)}`, sources, room: 2 }
      const { jobs } = await store.claim(request)
      const again = await store.claim({ ...request, retry: true })
      expect(again.jobs.map(({ id }) => id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted())
      expect(again.jobs[0]).toMatchObject({ run: 1, attempt: 1 })
      const other = await store.claim({ ...request, claim: 'new', retry: true })
      expect(other.jobs).toHaveLength(1)
    })

    it('claims no kind that was not asked for', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await addOne(store, { kind: 'other', queue: 'other' })
      expect(await hand.value.claim()).toEqual([])
      expect(await hand.value.claim(10, ['mail', 'other'])).toHaveLength(1)
    })

    it('gives no job to two of eight who claim at the same time', async () => {
      await using store = await open()
      await store.add(Array.from({ length: 200 }, () => newJob()))
      const hands = await mapConcurrent(
        Array.from({ length: 8 }, (_, i) => i),
        () => Hand.join(store),
        { concurrency: 8 },
      )
      const ids: string[] = []
      await mapConcurrent(
        hands,
        async (hand) => {
          for (;;) {
            const jobs = await hand.claim(7)
            if (jobs.length === 0) return
            ids.push(...jobs.map(({ id }) => id))
          }
        },
        { concurrency: 8 },
      )
      expect(ids).toHaveLength(200)
      expect(new Set(ids).size).toBe(200)
      for (const hand of hands) await hand.membership[Symbol.asyncDispose]()
    })

    when('priority')('gives higher priority first, then what is older', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const low = await addOne(store, { priority: -1 })
      const usual = await addOne(store)
      const high = await addOne(store, { priority: 5 })
      const second = await addOne(store, { priority: 5 })
      const ids = (await hand.value.claim()).map(({ id }) => id)
      expect(ids).toEqual([high, second, usual, low])
    })

    when('delay')('gives a delayed job when its time has come, and not before', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const far = await addOne(store, { delay: 60_000 })
      expect(await hand.value.claim()).toEqual([])
      await addOne(store, { delay: 30 })
      await until(async () => {
        await store.advance()
        return (await hand.value.claim()).length === 1
      })
      const next = await store.advance()
      expect(next).toBeGreaterThan(50_000)
      expect(next).toBeLessThanOrEqual(60_000)
      if (has('browse')) expect(await stateOf(store, far)).toBe('later')
    })
  })

  describe(`${name}: settle`, () => {
    it('writes the end once', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await addOne(store)
      const job = await hand.value.one()
      expect(await hand.value.done(job)).toBe(true)
      expect(await hand.value.done(job)).toBe(false)
      expect(await hand.value.claim()).toEqual([])
      if (!has('results')) return
      expect(await get(store, job.id)).toMatchObject({ state: 'done', result: '"ok"' })
    })

    it('takes nothing of a claim that is over', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await addOne(store)
      const before = await hand.value.one()
      expect(await hand.value.end(before, { how: 'given-back' })).toBe(true)
      const after = await hand.value.one()
      expect(after.id).toBe(before.id)
      expect(after.claim).not.toBe(before.claim)
      expect(await hand.value.done(before)).toBe(false)
      if (has('progress')) {
        expect(await store.progress(before.id, before.claim, '1')).toBe(false)
        expect(await store.progress(after.id, after.claim, '2')).toBe(true)
        expect((await get(store, after.id))?.progress).toBe('2')
      }
      if (has('steps')) {
        const step = { name: 'a', place: 0, value: '1' }
        expect(await store.recordStep(before.id, before.claim, step)).toBe(false)
        expect(await store.recordStep(after.id, after.claim, step)).toBe(true)
        expect(await store.steps(after.id)).toEqual([step])
      }
      expect(await hand.value.done(after)).toBe(true)
    })

    it('counts no attempt for one that was given back', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await addOne(store)
      await hand.value.end(await hand.value.one(), { how: 'given-back' })
      expect(await hand.value.one()).toMatchObject({ run: 2, attempt: 1 })
    })

    it('tries a failed one again, and makes it dead when its attempts are spent', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store, { attempts: 2 })
      const threw: RunEnd = { how: 'threw', failure, permanent: false }
      await hand.value.end(await hand.value.one(), threw)
      const again = await hand.value.one()
      expect(again).toMatchObject({ run: 2, attempt: 2, failures: [{ message: 'no' }] })
      await hand.value.end(again, threw)
      expect(await hand.value.claim()).toEqual([])
      if (!has('browse')) return
      const dead = await get(store, id)
      expect(dead).toMatchObject({ state: 'dead' })
      expect(dead?.failures).toHaveLength(2)
    })

    when('delay')('lets a failed one wait for its delay', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await addOne(store)
      const job = await hand.value.one()
      await hand.value.end(job, { how: 'threw', failure, permanent: false }, 30)
      expect(await hand.value.claim()).toEqual([])
      await until(async () => {
        await store.advance()
        return (await hand.value.claim()).length === 1
      })
    })

    it('settles many at once, and tells of each whether it counted', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.add([newJob(), newJob(), newJob()])
      const jobs = await hand.value.claim()
      const outcomes = jobs.map((job, i) =>
        outcomeOf(
          i === 1 ? { ...job, claim: 'not mine' } : job,
          i === 2 ? { how: 'given-back' } : { how: 'returned', result: undefined },
          keep,
        ),
      )
      expect(await store.settle(outcomes)).toEqual([true, false, true])
      expect((await hand.value.claim()).map(({ id }) => id)).toEqual([jobs[2]?.id])
    })

    it('removes at once what is not to be kept', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store)
      const job = await hand.value.one()
      await hand.value.end(job, { how: 'returned', result: '1' }, 0, { done: 0, dead: 0 })
      if (has('browse')) expect(await get(store, id)).toBeUndefined()
      expect(await hand.value.claim()).toEqual([])
    })

    when('browse')('removes what was kept for long enough, with its steps', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store)
      const job = await hand.value.one()
      if (has('steps')) await store.recordStep(id, job.claim, { name: 'a', place: 0, value: '1' })
      await hand.value.end(job, { how: 'returned', result: '1' }, 0, { done: 20, dead: 0 })
      expect(await stateOf(store, id)).toBe('done')
      await until(async () => {
        await store.advance()
        return (await get(store, id)) === undefined
      })
      if (has('steps')) expect(await store.steps(id)).toEqual([])
    })
  })

  describe(`${name}: death`, () => {
    it('gives the jobs of a worker that leaves to others', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const leaver = await Hand.join(store)
      await addOne(store)
      const job = await leaver.one()
      await leaver.membership[Symbol.asyncDispose]()
      await until(async () => {
        await store.reclaim(() => false)
        const [again] = await hand.value.claim()
        return again?.id === job.id
      })
      expect(await leaver.done(job)).toBe(false)
    })

    it('gives the jobs of a silent worker to others, and none of a living one', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store, 400))
      const dead = await Hand.join(store, 200)
      await store.add([newJob(), newJob()])
      const mine = await hand.value.one()
      const lost = await dead.one()
      await dead.membership.crash()
      const silence = new Silence(() => performance.now())
      await until(async () => {
        silence.begin()
        await store.reclaim((worker) => silence.isDead(worker))
        const [again] = await hand.value.claim()
        return again?.id === lost.id && again.attempt === 2 && again.failures[0]?.code === 'LOST'
      })
      expect(await dead.done(lost)).toBe(false)
      expect(await hand.value.done(mine)).toBe(true)
    })

    it('makes a job dead that was with as many dead workers as it has attempts', async () => {
      await using store = await open()
      const id = await addOne(store, { attempts: 2 })
      for (let i = 0; i < 2; i++) {
        const hand = await Hand.join(store)
        await hand.one()
        await hand.membership.crash()
        await store.reclaim(({ id: worker }) => worker === hand.id)
      }
      await using hand = disposable(await Hand.join(store))
      expect(await hand.value.claim()).toEqual([])
      if (has('browse')) expect(await stateOf(store, id)).toBe('dead')
    })

    it('gives nothing to a worker that is known no more, and tells it', async () => {
      await using store = await open()
      const hand = await Hand.join(store)
      await addOne(store)
      await store.reclaim(({ id }) => id === hand.id)
      expect(await hand.claim()).toEqual([])
      await hand.membership.asked()
      expect(hand.membership.lost.isSet).toBe(true)
      await hand.membership[Symbol.asyncDispose]()
    })
  })

  describe.skipIf(!has('unique'))(`${name}: unique`, () => {
    it('makes one job for fifty who add the same key, and tells the others of it', async () => {
      await using store = await open()
      const added = await mapConcurrent(
        Array.from({ length: 50 }, (_, i) => i),
        async () => (await store.add([newJob({ unique: 'ada' })]))[0],
        { concurrency: 50 },
      )
      expect(added.filter((one) => one?.existing === false)).toHaveLength(1)
      expect(new Set(added.map((one) => one?.id)).size).toBe(1)
    })

    it('holds for a kind, and until the job has ended', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const first = await addOne(store, { unique: 'ada' })
      expect(await addOne(store, { unique: 'ada', kind: 'other', queue: 'other' })).not.toBe(first)
      const job = await hand.value.one()
      expect(await addOne(store, { unique: 'ada' })).toBe(first)
      await hand.value.done(job)
      expect(await addOne(store, { unique: 'ada' })).not.toBe(first)
    })

    it('finds the same key twice in one call', async () => {
      await using store = await open()
      const added = await store.add([
        newJob({ unique: 'a' }),
        newJob(),
        newJob({ unique: 'a' }),
        newJob({ unique: 'b' }),
      ])
      expect(added.map(({ existing }) => existing)).toEqual([false, false, true, false])
      expect(added[2]?.id).toBe(added[0]?.id)
      expect(new Set(added.map(({ id }) => id)).size).toBe(3)
    })
  })

  describe.skipIf(!has('cancel'))(`${name}: cancel`, () => {
    it('ends a job that waits at once', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store)
      expect(await store.cancel(id)).toBe('cancelled')
      expect(await store.cancel(id)).toBe('ended')
      expect(await store.cancel('123456789')).toBe('unknown')
      expect(await store.cancel('no number')).toBe('unknown')
      expect(await hand.value.claim()).toEqual([])
      expect(await stateOf(store, id)).toBe('cancelled')
    })

    it('asks a running one to end, which its worker does', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.add([newJob(), newJob()])
      const [job, other] = (await hand.value.claim()) as [ClaimedJob, ClaimedJob]
      expect(await store.cancel(job.id)).toBe('asked')
      expect(await stateOf(store, job.id)).toBe('running')
      expect(await hand.value.membership.asked()).toEqual([job.id])
      await hand.value.end(job, { how: 'cancelled' })
      expect(await stateOf(store, job.id)).toBe('cancelled')
      expect(await stateOf(store, other.id)).toBe('running')
    })

    it('does not let one come back that was asked to end', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.add([newJob(), newJob()])
      const [back, lost] = (await hand.value.claim()) as [ClaimedJob, ClaimedJob]
      await store.cancel(back.id)
      await store.cancel(lost.id)
      await hand.value.end(back, { how: 'given-back' })
      expect(await stateOf(store, back.id)).toBe('cancelled')
      await hand.value.membership.crash()
      await store.reclaim(() => true)
      expect(await stateOf(store, lost.id)).toBe('cancelled')
    })

    it('lets one be done that was done before it heard of it', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store)
      const job = await hand.value.one()
      await store.cancel(id)
      expect(await hand.value.done(job)).toBe(true)
      expect(await stateOf(store, id)).toBe('done')
    })
  })

  describe.skipIf(!has('expires'))(`${name}: expires`, () => {
    it('cancels what has not begun in time, and never claims it', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store, { expires: 20 })
      const begun = await addOne(store, { expires: 60_000 })
      await sleep(30)
      expect((await hand.value.claim()).map((job) => job.id)).toEqual([begun])
      await until(async () => {
        await store.advance()
        return (await stateOf(store, id)) === 'cancelled'
      })
    })
  })

  describe.skipIf(!has('flows'))(`${name}: flows`, () => {
    const ends: readonly [string, RunEnd, string][] = [
      ['done', { how: 'returned', result: undefined }, 'ready'],
      ['dead', { how: 'threw', failure, permanent: true }, 'dead'],
      ['cancelled', { how: 'cancelled' }, 'dead'],
    ]
    for (const [how, end, then] of ends) {
      it(`makes a parent ${then} when its child is ${how}`, async () => {
        await using store = await open()
        await using hand = disposable(await Hand.join(store))
        const child = await addOne(store)
        const parent = await addOne(store, { after: [child], kind: 'parent', queue: 'parent' })
        const above = await addOne(store, { after: [parent], kind: 'above', queue: 'above' })
        expect(await stateOf(store, parent)).toBe('blocked')
        expect(await hand.value.claim(10, ['parent'])).toEqual([])
        await hand.value.end(await hand.value.one(), end)
        expect(await stateOf(store, parent)).toBe(then)
        expect(await stateOf(store, above)).toBe(then === 'dead' ? 'dead' : 'blocked')
        if (then === 'dead') expect((await get(store, parent))?.failures[0]?.code).toBe('CHILD')
      })
    }

    it('waits for all children, whoever ends them at the same time', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const children = (await store.add(Array.from({ length: 20 }, () => newJob()))).map(
        ({ id }) => id,
      )
      const parent = await addOne(store, { after: children, kind: 'parent', queue: 'parent' })
      const jobs = await hand.value.claim(20)
      expect((await get(store, parent))?.pending).toBe(20)
      await gather(jobs.slice(1).map((job) => async () => await hand.value.done(job)))
      expect(await stateOf(store, parent)).toBe('blocked')
      await hand.value.done(jobs[0] as ClaimedJob)
      expect(await stateOf(store, parent)).toBe('ready')
    })

    it('does not wait for a child that is done, is dead with one that failed, refuses one there is not', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const done = await addOne(store)
      await hand.value.done(await hand.value.one())
      const after = await addOne(store, { after: [done, done] })
      expect(await stateOf(store, after)).toBe('ready')
      const cancelled = await addOne(store)
      await store.cancel(cancelled)
      const failed = await addOne(store, { after: [done, cancelled] })
      expect(await stateOf(store, failed)).toBe('dead')
      await expect(addOne(store, { after: ['987654321'] })).rejects.toMatchObject({
        code: 'UNKNOWN_JOB',
      })
    })

    it('tells the parent of a child that is cancelled or expires while it waits', async () => {
      await using store = await open()
      const child = await addOne(store)
      const parent = await addOne(store, { after: [child] })
      await store.cancel(child)
      expect(await stateOf(store, parent)).toBe('dead')
      const late = await addOne(store, { expires: 10 })
      const other = await addOne(store, { after: [late] })
      await until(async () => {
        await store.advance()
        return (await stateOf(store, other)) === 'dead'
      })
    })
  })

  describe.skipIf(!has('limits'))(`${name}: limits`, () => {
    const limit = { concurrency: 2, rate: undefined }

    it('runs no more of a key than its limit, and others all the same', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const keyed = (limitKey: string): NewJob => newJob({ limitKey, limit })
      await store.add([keyed('a'), keyed('a'), keyed('a'), keyed('b'), newJob()])
      const jobs = await hand.value.claim()
      expect(jobs.map(({ limitKey }) => limitKey)).toEqual(['a', 'a', 'b', undefined])
      expect(await hand.value.claim()).toEqual([])
      await hand.value.done(jobs[0] as ClaimedJob)
      expect((await hand.value.claim()).map(({ limitKey }) => limitKey)).toEqual(['a'])
    })

    it('frees the place of one whose worker died', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const one = { limitKey: 'a', limit: { concurrency: 1, rate: undefined } }
      await store.add([newJob(one), newJob(one)])
      const dead = await Hand.join(store)
      await dead.one()
      await dead.membership.crash()
      expect(await hand.value.claim()).toEqual([])
      await store.reclaim(({ id }) => id === dead.id)
      expect(await hand.value.claim()).toHaveLength(1)
    })

    it('holds while many claim at the same time', async () => {
      await using store = await open()
      const jobs = Array.from({ length: 120 }, (_, i) => newJob({ limitKey: `k${i % 3}`, limit }))
      await store.add(jobs)
      const running = new Map<string, number>()
      let done = 0
      await mapConcurrent(
        Array.from({ length: 6 }, (_, i) => i),
        async () => {
          await using hand = disposable(await Hand.join(store))
          while (done < jobs.length) {
            const claimed = await hand.value.claim(4)
            for (const { limitKey = '' } of claimed) {
              const count = (running.get(limitKey) ?? 0) + 1
              running.set(limitKey, count)
              expect(count).toBeLessThanOrEqual(2)
            }
            for (const job of claimed) {
              running.set(job.limitKey ?? '', (running.get(job.limitKey ?? '') ?? 0) - 1)
              await hand.value.done(job)
              done += 1
            }
          }
        },
        { concurrency: 6 },
      )
      expect(done).toBe(120)
    })

    it('looks at every key when there are more than it looks at in one claim', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.add(Array.from({ length: 1200 }, (_, i) => newJob({ limitKey: `k${i}`, limit })))
      const seen = new Set<string>()
      for (let i = 0; i < 24; i++) {
        for (const { limitKey = '' } of await hand.value.claim(100)) seen.add(limitKey)
      }
      expect(seen.size).toBe(1200)
    })

    it('limits a queue, with what has no key too', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.setQueue('mail', { limit: { concurrency: 3, rate: undefined } })
      await store.add([newJob(), newJob(), newJob(), newJob({ limitKey: 'a', limit })])
      expect(await hand.value.claim()).toHaveLength(3)
      expect(await hand.value.claim()).toEqual([])
      await store.setQueue('mail', { limit: undefined })
      expect(await hand.value.claim()).toHaveLength(1)
    })
  })

  describe.skipIf(!has('rate'))(`${name}: rate`, () => {
    it('begins no more in an interval than its limit, and tells when there is room', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const rate = { limit: 3, interval: 60_000 }
      const limit = { concurrency: undefined, rate }
      await store.add(Array.from({ length: 5 }, () => newJob({ limitKey: 'a', limit })))
      const first = await hand.value.claimed(10, ['mail'])
      expect(first.jobs).toHaveLength(3)
      for (const job of first.jobs) await hand.value.done(job)
      const second = await hand.value.claimed(10, ['mail'])
      expect(second.jobs).toEqual([])
      expect(second.again).toBeGreaterThan(50_000)
      expect(second.again).toBeLessThanOrEqual(60_300)
    })

    it('lets them begin when the interval is over', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.setQueue('mail', {
        limit: { concurrency: undefined, rate: { limit: 2, interval: 50 } },
      })
      await store.add(Array.from({ length: 6 }, () => newJob()))
      const started = performance.now()
      let count = 0
      while (count < 6) {
        const { jobs, again } = await hand.value.claimed(10, ['mail'])
        count += jobs.length
        if (count < 6) await sleep(Math.min(again, 50))
      }
      expect(performance.now() - started).toBeGreaterThanOrEqual(99)
    })
  })

  describe.skipIf(!has('pause'))(`${name}: pause`, () => {
    it('claims nothing of a queue that is paused, until it is resumed', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await addOne(store)
      await store.setQueue('mail', { paused: true })
      expect(await hand.value.claim()).toEqual([])
      expect(await store.stats()).toMatchObject([{ queue: 'mail', paused: true }])
      await store.setQueue('mail', { paused: false })
      expect(await hand.value.claim()).toHaveLength(1)
    })
  })

  describe.skipIf(!has('cron'))(`${name}: schedules`, () => {
    const schedule = {
      name: 'nightly',
      expression: '0 3 * * *',
      timezone: 'UTC',
      missed: 'one' as const,
      job: newJob(),
      nextAt: 1000,
    }

    it('fires once of many who try', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.setSchedule('nightly', schedule)
      const fired = await mapConcurrent(
        Array.from({ length: 8 }, (_, i) => i),
        () => store.fire('nightly', 1000, 2000, [newJob({ scheduledFor: 1000 })]),
        { concurrency: 8 },
      )
      expect(fired.filter(Boolean)).toHaveLength(1)
      expect((await store.schedules()).schedules).toMatchObject([{ nextAt: 2000 }])
      expect(await hand.value.claim()).toMatchObject([{ scheduledFor: 1000 }])
    })

    it('stays where it stands when it is set again, and moves when its times change', async () => {
      await using store = await open()
      await store.setSchedule('nightly', schedule)
      await store.setSchedule('nightly', { ...schedule, nextAt: 5000, missed: 'all' })
      expect((await store.schedules()).schedules).toEqual([{ ...schedule, missed: 'all' }])
      await store.setSchedule('nightly', { ...schedule, expression: '0 4 * * *', nextAt: 5000 })
      expect((await store.schedules()).schedules).toMatchObject([{ nextAt: 5000 }])
      await store.setSchedule('nightly', undefined)
      expect((await store.schedules()).schedules).toEqual([])
    })
  })

  describe.skipIf(!has('browse'))(`${name}: list, retry and stats`, () => {
    it('lists by what is asked for, the newest first, a page at a time', async () => {
      await using store = await open()
      const added = await store.add(Array.from({ length: 5 }, () => newJob()))
      const ids = added.map(({ id }) => id).toReversed()
      const other = await addOne(store, { kind: 'other', queue: 'other' })
      const idsOf = async (filter: JobFilter): Promise<string[]> =>
        (await store.list(filter)).map(({ id }) => id)
      expect(await idsOf({})).toEqual([other, ...ids])
      expect(await idsOf({ queue: 'mail', limit: 2 })).toEqual(ids.slice(0, 2))
      expect(await idsOf({ queue: 'mail', limit: 2, after: ids[1] })).toEqual(ids.slice(2, 4))
      expect(await idsOf({ kind: 'other' })).toEqual([other])
      expect(await idsOf({ state: 'dead' })).toEqual([])
      expect(await idsOf({ ids: ['nothing', '99999999'] })).toEqual([])
    })

    it('makes dead and cancelled ones ready with all their attempts', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      const id = await addOne(store, { attempts: 1 })
      await hand.value.end(await hand.value.one(), { how: 'threw', failure, permanent: false })
      const cancelled = await addOne(store)
      await store.cancel(cancelled)
      const done = await addOne(store)
      await hand.value.done(await hand.value.one())
      expect(await store.retry({ ids: [id, cancelled, done] })).toBe(2)
      const jobs = await hand.value.claim()
      expect(jobs.map((job) => [job.id, job.attempt])).toEqual([
        [id, 1],
        [cancelled, 1],
      ])
      expect(await store.retry({ state: 'dead' })).toBe(0)
    })

    when('unique')('does not retry one whose key another has', async () => {
      await using store = await open()
      const first = await addOne(store, { unique: 'a' })
      await store.cancel(first)
      const second = await addOne(store, { unique: 'a' })
      await store.cancel(second)
      expect(await store.retry({ state: 'cancelled' })).toBe(1)
      expect(await store.retry({ state: 'cancelled' })).toBe(0)
    })

    it('counts by queue and state', async () => {
      await using store = await open()
      await using hand = disposable(await Hand.join(store))
      await store.add([newJob(), newJob(), newJob({ kind: 'other', queue: 'other' })])
      await hand.value.done(await hand.value.one())
      const stats = await store.stats()
      expect(stats.map(({ queue }) => queue)).toEqual(['mail', 'other'])
      expect(stats[0]?.counts).toMatchObject({ ready: 1, done: 1, running: 0 })
      expect(await store.workers()).toMatchObject([
        { id: hand.value.id, running: 0, lease: 60_000 },
      ])
    })
  })

  describe(`${name}: hints`, () => {
    it('tells who listens that there is something to claim', async () => {
      await using store = await open()
      const hints = store.hints()
      const { timedOut } = await moveOnAfter(30_000, async () => {
        const first = hints.next()
        await addOne(store)
        for (let hint = await first; hint.done !== true; hint = await hints.next()) {
          if (hint.value.about === 'ready' || hint.value.about === 'any') return
        }
      })
      expect(timedOut).toBe(false)
      await hints.return()
    })
  })

  it(`${name} refuses a transaction that is none`, async () => {
    await using store = await open()
    await expect((async () => await store.add([newJob()], {} as never))()).rejects.toBeInstanceOf(
      MisuseError,
    )
  })
}

function disposable(hand: Hand): { readonly value: Hand } & AsyncDisposable {
  return {
    value: hand,
    [Symbol.asyncDispose]: () => hand.membership[Symbol.asyncDispose](),
  }
}
