import { shield } from 'corral'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { outcomeOfLoss } from '../state/outcome.ts'
import type { Capability } from '../store/capability.ts'
import { requireCapability } from '../store/capability.ts'
import { capabilitiesOf } from '../store/capabilities-of.ts'
import type { Claimed, ClaimRequest, Hint, JobStore, Membership } from '../store/job-store.ts'
import type {
  Added,
  ClaimedJob,
  JobFilter,
  JobRecord,
  NewJob,
  Outcome,
  QueueSettings,
  QueueStats,
  WorkerRecord,
  WorkerView,
} from '../store/records.ts'
import { addTo, requireAble } from './bull-adding.ts'
import { BullBrowser } from './bull-browser.ts'
import { BullHints } from './bull-hints.ts'
import { BullIds } from './bull-ids.ts'
import { BullQueues, type BullQueue } from './bull-queues.ts'
import { recordOf } from './bull-record.ts'
import { settleRun, type BullRun } from './bull-runs.ts'
import { withScripts, type Scripted } from './bull-scripts.ts'
import { BullWorkers } from './bull-workers.ts'
import { RefusingStore } from '../store/refusing-store.ts'

/** Jobs that are asked for at a time. */
const batch = 16

interface Held extends BullRun {
  readonly claim: string
}

/** Jobs in queues of BullMQ. Each verb is one of its commands, or one that is as atomic. */
export class BullStore extends RefusingStore implements JobStore {
  override readonly name = 'bullmqStore'
  override readonly capabilities: ReadonlySet<Capability> = new Set(capabilitiesOf.bullmqStore)
  readonly pace: number = 500
  readonly #redis: Redis & Scripted
  readonly #prefix: string
  readonly #queues: BullQueues
  readonly #workers: BullWorkers
  readonly #hints: BullHints
  readonly #browser: BullBrowser
  readonly #ids = new BullIds()
  /** What this process has claimed, by id. */
  readonly #held = new Map<string, Held>()

  private constructor(redis: Redis, url: string, prefix: string) {
    super()
    this.#redis = withScripts(redis)
    this.#prefix = prefix
    this.#queues = new BullQueues(redis, prefix)
    this.#workers = new BullWorkers(redis, url, prefix)
    this.#hints = new BullHints(redis, prefix)
    this.#browser = new BullBrowser(this.#redis, this.#queues)
  }

  static async open(redis: Redis, url: string, prefix: string): Promise<BullStore> {
    const store = new BullStore(redis, url, prefix)
    await store.#hints.open()
    return store
  }

  async add(jobs: readonly NewJob[], tx?: unknown): Promise<readonly Added[]> {
    this.refuseTransaction('add', tx)
    requireAble(this, jobs)
    const added = await addTo(this.#queues, this.#ids, jobs)
    this.#hints.tell('ready')
    return added
  }

  async claim({ worker, claim, sources, room, retry = false }: ClaimRequest): Promise<Claimed> {
    const jobs: ClaimedJob[] = []
    if (!(await this.#workers.isKnown(worker))) return { jobs, again: Infinity }
    const token = `${worker}|${claim}`
    if (retry) jobs.push(...(await this.#again(worker, claim, token)))
    for (const { queue: queueName, kind } of sources) {
      const queue = await this.#queues.of(queueName, kind)
      if (await this.#redis.hexists(`${this.#prefix}:paused`, queueName)) continue
      for (let more = true; more && jobs.length < room;) {
        const asked = Array.from({ length: Math.min(batch, room - jobs.length) }, () =>
          queue.taker.getNextJob(token, { block: false }),
        )
        for (const next of asked) {
          const job = await next
          if (job === undefined) more = false
          else jobs.push(await this.#hold(queue, job, worker, claim, token))
        }
      }
    }
    return { jobs, again: Infinity }
  }

  async settle(outcomes: readonly Outcome[], tx?: unknown): Promise<readonly boolean[]> {
    this.refuseTransaction('settle', tx)
    const settled: boolean[] = []
    for (const outcome of outcomes) {
      const held = this.#held.get(outcome.id)
      if (held?.claim !== outcome.claim) {
        settled.push(false)
        continue
      }
      const asked = await this.#isAsked(held.job, outcome.id)
      settled.push(await this.#settle({ ...held, asked }, outcome))
      if (this.#held.get(outcome.id)?.claim === outcome.claim) this.#held.delete(outcome.id)
    }
    return settled
  }

  async progress(id: string, claim: string, value: string): Promise<boolean> {
    const held = this.#held.get(id)
    const at = this.#queues.byId(id)
    if (held?.claim !== claim || at === undefined) return false
    const key = `${at.queue.base}${at.bullId}`
    // BullMQ has JSON there; ours is a text in it.
    return (await this.#redis.corralWrite(key, held.token, 'progress', JSON.stringify(value))) === 1
  }

  async cancel(id: string): Promise<'cancelled' | 'asked' | 'ended' | 'unknown'> {
    const at = this.#queues.byId(id)
    if (at === undefined) return 'unknown'
    const { queue, bullId } = at
    // It may begin, or come back, between the two questions.
    for (let attempt = 0; attempt < 100; attempt++) {
      if ((await this.#redis.corralCancel(queue.base, bullId, String(Date.now()))) === 1) {
        this.#hints.tell('ended')
        return 'cancelled'
      }
      if ((await this.#redis.corralAsk(queue.base, bullId)) === 1) {
        this.#hints.tell('asked')
        return 'asked'
      }
      const state = await queue.producer.getJobState(bullId)
      if (state === 'unknown') return 'unknown'
      if (state === 'completed' || state === 'failed') return 'ended'
    }
    return 'ended'
  }

  async join(worker: WorkerRecord): Promise<Membership> {
    const { id } = worker
    const heart = await this.#workers.join(worker)
    return {
      lost: heart.lost,
      asked: async () => {
        if (!(await this.#workers.isKnown(id))) heart.lost.set()
        const asked: string[] = []
        for (const [job, held] of this.#held) {
          if (!held.token.startsWith(`${id}|`)) continue
          if (await this.#isAsked(held.job, job)) asked.push(job)
        }
        return asked
      },
      crash: () => heart.stop(),
      [Symbol.asyncDispose]: () =>
        shield(async () => {
          await heart.stop()
          await this.#leave(new Set([id]))
        }),
    }
  }

  async reclaim(isDead: (worker: WorkerView) => boolean): Promise<number> {
    const dead = (await this.workers()).filter(isDead)
    return await this.#leave(new Set(dead.map(({ id }) => id)))
  }

  advance(): Promise<number> {
    return this.#browser.advance(`${this.#prefix}:goes`)
  }

  list(filter: JobFilter): Promise<readonly JobRecord[]> {
    return this.#browser.list(filter)
  }

  stats(): Promise<readonly QueueStats[]> {
    return this.#browser.stats(`${this.#prefix}:paused`)
  }

  async workers(): Promise<readonly WorkerView[]> {
    const running = await this.#browser.running()
    return (await this.#workers.all()).map((worker) => {
      const mine = running.filter((job) => job.worker === worker.id)
      return { ...worker, patience: worker.lease, running: mine.length }
    })
  }

  async retry(filter: JobFilter): Promise<number> {
    const ids = await this.#browser.retry(filter)
    if (ids.length > 0) await this.#redis.zrem(`${this.#prefix}:goes`, ...ids)
    this.#hints.tell('ready')
    return ids.length
  }

  async setQueue(queue: string, { paused, limit }: Partial<QueueSettings>): Promise<void> {
    if (limit !== undefined) requireCapability('setQueue', this, 'limits', 'a limit of a queue')
    if (paused === undefined) return
    if (paused) await this.#redis.hset(`${this.#prefix}:paused`, queue, '1')
    else await this.#redis.hdel(`${this.#prefix}:paused`, queue)
    for (const { producer } of (await this.#queues.all()).filter((one) => one.queue === queue)) {
      await (paused ? producer.pause() : producer.resume())
    }
    this.#hints.tell('ready')
  }

  hints(): AsyncGenerator<Hint, void> {
    return this.#hints.listen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queues.close()
    this.#hints.close()
    this.#redis.disconnect()
  }

  async #hold(
    queue: BullQueue,
    job: Job,
    worker: string,
    claim: string,
    token: string,
  ): Promise<ClaimedJob> {
    const id = `${queue.name}:${job.id}`
    this.#held.set(id, { job, token, claim, asked: false })
    const asked = await this.#isAsked(job, id)
    return { ...recordOf(job, id, 'running', worker, asked), claim }
  }

  /** What a claim gave whose answer was lost. */
  async #again(worker: string, claim: string, token: string): Promise<readonly ClaimedJob[]> {
    const jobs: ClaimedJob[] = []
    for (const { queue, id, ...running } of await this.#browser.running()) {
      if (running.token !== token) continue
      const found = await this.#browser.claimed(queue, id, worker, claim)
      if (found !== undefined) jobs.push(await this.#hold(queue, found.job, worker, claim, token))
    }
    return jobs
  }

  async #isAsked(job: Job, id: string): Promise<boolean> {
    const base = this.#queues.byId(id)?.queue.base ?? ''
    return (await this.#redis.hexists(`${base}${job.id}`, 'corralAsked')) === 1
  }

  /** Before it moves, when it goes is written: what is not moved then is not removed. */
  async #settle(run: BullRun, outcome: Outcome): Promise<boolean> {
    const { id, keep, to } = outcome
    const back = (to === 'ready' || to === 'later') && !run.asked
    if (!back && keep > 0 && keep < Infinity) {
      await this.#redis.zadd(`${this.#prefix}:goes`, Date.now() + keep, id)
    }
    const settled = await settleRun(run, outcome)
    const base = this.#queues.byId(id)?.queue.base ?? ''
    const cancelled = to === 'cancelled' || (run.asked && (to === 'ready' || to === 'later'))
    if (settled && cancelled && keep > 0) {
      await this.#redis.sadd(`${base}cancelled`, run.job.id ?? '')
    }
    if (settled) this.#hints.tell(back ? 'ready' : 'ended')
    return settled
  }

  /** Gives back what workers have that are gone, and what is with nobody who is known. */
  async #leave(dead: ReadonlySet<string>): Promise<number> {
    const known = new Set((await this.#workers.all()).map(({ id }) => id))
    let jobs = 0
    for (const { queue, id, worker, token, claim } of await this.#browser.running()) {
      if (known.has(worker) && !dead.has(worker)) continue
      const record = await this.#browser.claimed(queue, id, worker, claim)
      if (record === undefined) continue
      const { job, ...claimed } = record
      const run = { job, token, asked: claimed.cancelAsked }
      if (await this.#settle(run, outcomeOfLoss(claimed, Date.now()))) jobs += 1
    }
    for (const id of dead) await this.#workers.forget(id)
    return jobs
  }
}
