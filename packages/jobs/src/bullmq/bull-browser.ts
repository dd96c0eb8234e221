import { Job, type JobType } from 'bullmq'
import type { Redis } from 'ioredis'
import type { JobState } from '../state/job-state.ts'
import { countsOf } from '../store/stats.ts'
import type { ClaimedJob, JobFilter, JobRecord, QueueStats } from '../store/records.ts'
import type { BullQueue, BullQueues } from './bull-queues.ts'
import { recordOf, stateOf } from './bull-record.ts'
import type { Scripted } from './bull-scripts.ts'

/** A job that is running, as the lock says. */
export interface Running {
  readonly queue: BullQueue
  /** In BullMQ. */
  readonly id: string
  readonly token: string
  readonly worker: string
  readonly claim: string
}

const setsOf: Readonly<Record<JobState, readonly JobType[]>> = {
  blocked: [],
  ready: ['wait', 'prioritized'],
  later: ['delayed'],
  running: ['active'],
  done: ['completed'],
  dead: ['failed'],
  cancelled: ['failed'],
}

/** Ended jobs that are removed in one `advance`. */
const sweep = 500

/** Looks into queues of BullMQ. A list reads the ids of all jobs in question. */
export class BullBrowser {
  readonly #redis: Redis & Scripted
  readonly #queues: BullQueues

  constructor(redis: Redis & Scripted, queues: BullQueues) {
    this.#redis = redis
    this.#queues = queues
  }

  async list(filter: JobFilter): Promise<readonly JobRecord[]> {
    const { limit = 100, after } = filter
    const afterKey = after === undefined ? '\uffff' : sortKey(after)
    const found = (await this.#idsOf(filter))
      .filter(({ id }) => sortKey(id) < afterKey)
      .toSorted((a, b) => (sortKey(a.id) < sortKey(b.id) ? 1 : -1))
    const records: JobRecord[] = []
    for (const { queue, id } of found) {
      if (records.length >= limit) break
      const record = await this.#record(queue, id.slice(id.lastIndexOf(':') + 1))
      if (record === undefined) continue
      if (filter.state === undefined || record.state === filter.state) records.push(record)
    }
    return records
  }

  async stats(pausedKey: string): Promise<readonly QueueStats[]> {
    const paused = new Set(await this.#redis.hkeys(pausedKey))
    const byQueue = new Map<string, [JobState, number][]>()
    const oldest = new Map<string, number>()
    for (const name of paused) byQueue.set(name, [])
    for (const { queue, producer, base } of await this.#queues.all()) {
      const counts = await producer.getJobCounts()
      const cancelled = await this.#redis.scard(`${base}cancelled`)
      const counted = byQueue.get(queue) ?? []
      const { waiting = 0, prioritized = 0 } = counts
      counted.push(['ready', waiting + prioritized])
      counted.push(['later', counts['delayed'] ?? 0], ['running', counts['active'] ?? 0])
      counted.push(['done', counts['completed'] ?? 0], ['cancelled', cancelled])
      counted.push(['dead', (counts['failed'] ?? 0) - cancelled])
      byQueue.set(queue, counted)
      const [first] = await producer.getJobs(['prioritized'], 0, 0, true)
      const wait1 = first === undefined ? 0 : Date.now() - first.timestamp - first.delay
      oldest.set(queue, Math.max(oldest.get(queue) ?? 0, wait1))
    }
    return [...byQueue]
      .map(([queue, counted]) => ({
        queue,
        paused: paused.has(queue),
        limit: undefined,
        counts: countsOf(counted),
        oldest: oldest.get(queue) ?? 0,
      }))
      .toSorted((a, b) => (a.queue < b.queue ? -1 : 1))
  }

  /** Makes dead and cancelled jobs ready. @returns their ids */
  async retry(filter: JobFilter): Promise<readonly string[]> {
    const retried: string[] = []
    const states: readonly JobState[] =
      filter.state === undefined ? ['dead', 'cancelled'] : [filter.state]
    for (const state of states) {
      if (state !== 'dead' && state !== 'cancelled') continue
      for (const { id, unique } of await this.list({ limit: Infinity, ...filter, state })) {
        const at = this.#queues.byId(id)
        const job = at === undefined ? undefined : await Job.fromId(at.queue.producer, at.bullId)
        if (at === undefined || job === undefined) continue
        const { base } = at.queue
        if (unique !== undefined) {
          if ((await this.#redis.corralHold(`${base}de:${unique}`, at.bullId)) === 0) continue
        }
        await this.#redis.hdel(`${base}${at.bullId}`, 'corralAsked')
        await job.retry('failed', { resetAttemptsMade: true })
        await this.#redis.srem(`${base}cancelled`, at.bullId)
        retried.push(id)
      }
    }
    return retried
  }

  /** Removes what was kept long enough. @returns after how long there is more to do */
  async advance(goes: string): Promise<number> {
    const now = Date.now()
    const over = await this.#redis.zrangebyscore(goes, 0, now, 'LIMIT', 0, sweep)
    for (const id of over) if (await this.#removeEnded(id)) await this.#redis.zrem(goes, id)
    const [, next] = await this.#redis.zrange(goes, '0', '0', 'WITHSCORES')
    return Math.max(1, Math.min(await this.#nextDelayed(), Number(next ?? Infinity)) - now)
  }

  /** Removes a job that has ended. @returns false when it has not */
  async #removeEnded(id: string): Promise<boolean> {
    const at = this.#queues.byId(id)
    const job = at === undefined ? undefined : await Job.fromId(at.queue.producer, at.bullId)
    if (at === undefined || job === undefined) return true
    const state = await job.getState()
    if (state !== 'completed' && state !== 'failed') return false
    await job.remove()
    await this.#redis.srem(`${at.queue.base}cancelled`, at.bullId)
    return true
  }

  /** When the first job that is delayed may begin, in milliseconds since the epoch. */
  async #nextDelayed(): Promise<number> {
    let next = Infinity
    for (const { base } of await this.#queues.all()) {
      const [, score] = await this.#redis.zrange(`${base}delayed`, '0', '0', 'WITHSCORES')
      // BullMQ keeps the order of what comes at the same time in the lower bits.
      if (score !== undefined) next = Math.min(next, Number(score) / 0x1000)
    }
    return next
  }

  /** What is running, and with whom. */
  async running(): Promise<readonly Running[]> {
    const running: Running[] = []
    for (const queue of await this.#queues.all()) {
      for (const id of await this.#redis.lrange(`${queue.base}active`, 0, -1)) {
        const token = (await this.#redis.get(`${queue.base}${id}:lock`)) ?? ''
        const [worker = '', ...claim] = token.split('|')
        running.push({ queue, id, token, worker, claim: claim.join('|') })
      }
    }
    return running
  }

  async claimed(
    queue: BullQueue,
    bullId: string,
    worker: string,
    claim: string,
  ): Promise<(ClaimedJob & { readonly job: Job }) | undefined> {
    const job = await Job.fromId(queue.producer, bullId)
    if (job === undefined) return undefined
    const asked = (await this.#redis.hexists(`${queue.base}${bullId}`, 'corralAsked')) === 1
    return { ...recordOf(job, `${queue.name}:${bullId}`, 'running', worker, asked), claim, job }
  }

  async #idsOf({
    ids,
    queue,
    kind,
    state,
  }: JobFilter): Promise<{ queue: BullQueue; id: string }[]> {
    if (ids !== undefined) {
      return ids.flatMap((id) => {
        const at = this.#queues.byId(id)
        const fits =
          at !== undefined &&
          (queue === undefined || at.queue.queue === queue) &&
          (kind === undefined || at.queue.kind === kind)
        return fits ? [{ queue: at.queue, id }] : []
      })
    }
    const sets = state === undefined ? [...new Set(Object.values(setsOf).flat())] : setsOf[state]
    const found: { queue: BullQueue; id: string }[] = []
    for (const one of await this.#queues.all()) {
      if (queue !== undefined && one.queue !== queue) continue
      if (kind !== undefined && one.kind !== kind) continue
      for (const set of sets) {
        for (const id of await one.producer.getRanges([set], 0, -1)) {
          found.push({ queue: one, id: `${one.name}:${id}` })
        }
      }
    }
    return found
  }

  async #record(queue: BullQueue, bullId: string): Promise<JobRecord | undefined> {
    const job = await Job.fromId(queue.producer, bullId)
    const set = job === undefined ? 'unknown' : await job.getState()
    if (job === undefined || set === 'unknown') return undefined
    const state = stateOf(set, job.failedReason)
    const running = state === 'running'
    const token = running ? ((await this.#redis.get(`${queue.base}${bullId}:lock`)) ?? '') : ''
    const asked =
      running && (await this.#redis.hexists(`${queue.base}${bullId}`, 'corralAsked')) === 1
    return recordOf(job, `${queue.name}:${bullId}`, state, token.split('|')[0] || undefined, asked)
  }
}

/** Ids sort by when they were made, whatever their queue is. */
function sortKey(id: string): string {
  return id.slice(id.lastIndexOf(':') + 1)
}
