import { Event, MisuseError, now } from 'corral'
import { admit } from '../limit/admit.ts'
import { hasEnded } from '../state/job-state.ts'
import type { JobState } from '../state/job-state.ts'
import { sameTimes } from '../cron/same-times.ts'
import { keepDefault } from '../state/outcome.ts'
import { capabilities } from '../store/capability.ts'
import type { Capability } from '../store/capability.ts'
import type {
  Claimed,
  ClaimRequest,
  Hint,
  JobStore,
  Membership,
  StoreFactory,
} from '../store/job-store.ts'
import type {
  Added,
  ClaimedJob,
  JobFilter,
  JobRecord,
  Limit,
  NewJob,
  Outcome,
  QueueSettings,
  QueueStats,
  ScheduleRecord,
  StepRecord,
  WorkerRecord,
  WorkerView,
} from '../store/records.ts'
import { countsOf } from '../store/stats.ts'
import { byPriority, isRunning, MemoryJobs, recordOf } from './memory-jobs.ts'

/**
 * Jobs in memory, for tests: they are gone when the program ends. The same factory opens the same jobs each time.
 * Time is that of the run, so that `testRun` drives it.
 *
 * @example
 * await testRun(async () => {
 *   await using jobs = await openJobs(memoryStore())
 * })
 */
export function memoryStore(): StoreFactory {
  const data = new MemoryJobs()
  return { name: 'memoryStore', open: () => Promise.resolve(new MemoryStore(data)) }
}

const open: QueueSettings = { paused: false, limit: undefined }

class MemoryStore implements JobStore {
  readonly name = 'memoryStore'
  readonly capabilities: ReadonlySet<Capability> = new Set(
    capabilities.filter((one) => one !== 'transactions' && one !== 'shared'),
  )
  readonly pace: number = Infinity
  readonly #data: MemoryJobs

  constructor(data: MemoryJobs) {
    this.#data = data
  }

  add(jobs: readonly NewJob[], tx?: unknown): Promise<readonly Added[]> {
    if (tx !== undefined) throw new MisuseError('memoryStore.add: it has no transactions')
    for (const id of jobs.flatMap(({ after }) => after)) this.#data.row(id)
    return Promise.resolve(jobs.map((job) => this.#data.add(job)))
  }

  claim({ worker, claim, sources, room }: ClaimRequest): Promise<Claimed> {
    const { jobs, queues, workers } = this.#data
    if (!workers.has(worker)) return Promise.resolve({ jobs: [], again: Infinity })
    const before = [...jobs.values()].filter((row) => isRunning(row) && row.claim === claim)
    if (before.length > 0) return Promise.resolve({ jobs: before, again: Infinity })
    const wanted = new Set(sources.map(({ queue, kind }) => `${queue}\0${kind}`))
    const candidates = [...jobs.values()]
      .filter(({ state, queue, kind }) => state === 'ready' && wanted.has(`${queue}\0${kind}`))
      .filter(({ queue, goesAt }) => goesAt > now() && queues.get(queue)?.paused !== true)
      .toSorted(byPriority)
    const limits = new Map<string, Limit>()
    for (const [queue, { limit }] of queues) if (limit !== undefined) limits.set(queue, limit)
    const { ids, again, windows } = admit(candidates, room, limits, this.#data.usage(), now())
    for (const [limiter, window] of windows) this.#data.windows.set(limiter, window)
    const taken = ids.map((id): ClaimedJob => {
      const row = this.#data.row(id)
      const { run, attempt } = row
      Object.assign(row, { state: 'running', worker, claim, run: run + 1, attempt: attempt + 1 })
      Object.assign(row, { startedAt: now(), goesAt: Infinity })
      return { ...row }
    })
    return Promise.resolve({ jobs: taken, again })
  }

  settle(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    return Promise.resolve(outcomes.map((outcome) => this.#data.settle(outcome)))
  }

  progress(id: string, claim: string, value: string): Promise<boolean> {
    const row = this.#data.owned(id, claim)
    if (row !== undefined) row.progress = value
    return Promise.resolve(row !== undefined)
  }

  steps(id: string): Promise<readonly StepRecord[]> {
    return Promise.resolve((this.#data.steps.get(id) ?? []).toSorted((a, b) => a.place - b.place))
  }

  recordStep(id: string, claim: string, step: StepRecord): Promise<boolean> {
    if (this.#data.owned(id, claim) === undefined) return Promise.resolve(false)
    const steps = this.#data.steps.get(id) ?? []
    this.#data.steps.set(id, [...steps, step])
    return Promise.resolve(true)
  }

  cancel(id: string): Promise<'cancelled' | 'asked' | 'ended' | 'unknown'> {
    const row = this.#data.jobs.get(id)
    if (row === undefined) return Promise.resolve('unknown')
    if (hasEnded(row.state)) return Promise.resolve('ended')
    if (isRunning(row)) {
      row.cancelAsked = true
      this.#data.hints.tell('asked')
      return Promise.resolve('asked')
    }
    this.#data.end(row, 'cancelled', keepDefault.done)
    return Promise.resolve('cancelled')
  }

  join(worker: WorkerRecord): Promise<Membership> {
    const { workers, jobs } = this.#data
    const member = { ...worker, crashedAt: undefined as number | undefined }
    workers.set(worker.id, member)
    const lost = new Event({ name: 'lease lost' })
    return Promise.resolve({
      lost,
      asked: () => {
        if (!workers.has(worker.id)) lost.set()
        const mine = [...jobs.values()].filter((row) => isRunning(row) && row.worker === worker.id)
        return Promise.resolve(mine.filter(({ cancelAsked }) => cancelAsked).map(({ id }) => id))
      },
      crash: () => {
        member.crashedAt = now()
        return Promise.resolve()
      },
      [Symbol.asyncDispose]: async () => {
        if (member.crashedAt === undefined) await this.#data.leave(worker.id)
      },
    })
  }

  async reclaim(isDead: (worker: WorkerView) => boolean): Promise<number> {
    let jobs = 0
    for (const worker of await this.workers()) {
      if (isDead(worker)) jobs += await this.#data.leave(worker.id)
    }
    return jobs
  }

  advance(): Promise<number> {
    let next = Infinity
    for (const row of this.#data.jobs.values()) {
      if (row.goesAt <= now()) {
        if (hasEnded(row.state)) this.#data.remove(row.id)
        else this.#data.end(row, 'cancelled', keepDefault.done)
      } else if (row.state === 'later' && row.runAt <= now()) {
        row.state = 'ready'
        this.#data.hints.tell('ready')
      } else if (row.state === 'later') {
        next = Math.min(next, row.runAt - now())
      }
      if (row.goesAt > now()) next = Math.min(next, row.goesAt - now())
    }
    return Promise.resolve(next)
  }

  list({ limit = 100, ...filter }: JobFilter): Promise<readonly JobRecord[]> {
    const found = this.#data.matching(filter).toSorted((a, b) => Number(b.id) - Number(a.id))
    return Promise.resolve(found.slice(0, limit).map(recordOf))
  }

  stats(): Promise<readonly QueueStats[]> {
    const { jobs, queues } = this.#data
    const names = new Set([...queues.keys(), ...[...jobs.values()].map(({ queue }) => queue)])
    return Promise.resolve(
      [...names].toSorted().map((queue) => {
        const rows = [...jobs.values()].filter((row) => row.queue === queue)
        const waiting = rows.filter(({ state }) => state === 'ready').map(({ runAt }) => runAt)
        const counts = countsOf(rows.map(({ state }) => [state, 1]))
        const oldest = waiting.length === 0 ? 0 : now() - Math.min(...waiting)
        return { queue, ...(queues.get(queue) ?? open), counts, oldest }
      }),
    )
  }

  workers(): Promise<readonly WorkerView[]> {
    const { workers, jobs } = this.#data
    return Promise.resolve(
      [...workers.values()].map(({ crashedAt, ...worker }) => {
        const mine = [...jobs.values()].filter((row) => isRunning(row) && row.worker === worker.id)
        const beats = crashedAt ?? now()
        return { ...worker, beats, patience: worker.lease, running: mine.length }
      }),
    )
  }

  retry(filter: JobFilter): Promise<number> {
    const rows = this.#data
      .matching(filter)
      .filter(({ state }) => state === 'dead' || state === 'cancelled')
      .toSorted(byPriority)
    let count = 0
    for (const row of rows) {
      if (count === filter.limit) break
      if (this.#data.holder(row.kind, row.unique) !== undefined) continue
      count += 1
      const back = {
        state: 'ready' as JobState,
        attempt: 0,
        cancelAsked: false,
        endedAt: undefined,
      }
      Object.assign(row, back, { goesAt: Infinity, runAt: now(), pending: 0 })
      this.#data.hints.tell('ready')
    }
    return Promise.resolve(count)
  }

  setQueue(queue: string, settings: Partial<QueueSettings>): Promise<void> {
    this.#data.queues.set(queue, { ...open, ...this.#data.queues.get(queue), ...settings })
    this.#data.hints.tell('ready')
    return Promise.resolve()
  }

  schedules(): Promise<{ now: number; schedules: readonly ScheduleRecord[] }> {
    return Promise.resolve({ now: now(), schedules: [...this.#data.schedules.values()] })
  }

  setSchedule(name: string, schedule: ScheduleRecord | undefined): Promise<void> {
    const { schedules, hints } = this.#data
    const known = schedules.get(name)
    if (schedule === undefined) schedules.delete(name)
    else if (known === undefined || !sameTimes(known, schedule)) schedules.set(name, schedule)
    else schedules.set(name, { ...schedule, nextAt: known.nextAt })
    hints.tell('any')
    return Promise.resolve()
  }

  fire(name: string, expected: number, nextAt: number, jobs: readonly NewJob[]): Promise<boolean> {
    const schedule = this.#data.schedules.get(name)
    if (schedule === undefined || schedule.nextAt !== expected) return Promise.resolve(false)
    this.#data.schedules.set(name, { ...schedule, nextAt })
    for (const job of jobs) this.#data.add(job)
    return Promise.resolve(true)
  }

  hints(): AsyncGenerator<Hint, void> {
    return this.#data.hints.listen()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
