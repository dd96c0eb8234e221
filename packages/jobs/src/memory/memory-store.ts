import { Event, MisuseError, now } from 'corral'
import { JobsError } from '../errors.ts'
import { admit, keyLimiter, queueLimiter } from '../limit/admit.ts'
import type { Usage } from '../limit/admit.ts'
import type { RateWindow } from '../limit/rate-window.ts'
import { hasEnded } from '../state/job-state.ts'
import type { JobState } from '../state/job-state.ts'
import { sameTimes } from '../cron/same-times.ts'
import { failureOfChild, keepDefault, outcomeOfLoss } from '../state/outcome.ts'
import { capabilities } from '../store/capability.ts'
import type { Capability } from '../store/capability.ts'
import { Hints } from '../store/hints.ts'
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
  const data = new Data()
  return { name: 'memoryStore', open: () => Promise.resolve(new MemoryStore(data)) }
}

type Row = { -readonly [K in keyof ClaimedJob]: ClaimedJob[K] } & {
  /** When it goes: cancelled while it waits, removed when it has ended. */
  goesAt: number
}

class Data {
  readonly jobs = new Map<string, Row>()
  /** Who waits for a job. */
  readonly parents = new Map<string, string[]>()
  readonly steps = new Map<string, StepRecord[]>()
  readonly queues = new Map<string, QueueSettings>()
  readonly schedules = new Map<string, ScheduleRecord>()
  readonly workers = new Map<string, WorkerRecord & { crashedAt: number | undefined }>()
  readonly windows = new Map<string, RateWindow>()
  readonly hints = new Hints()
  lastId = 0
}

const running = (row: Row): boolean => row.state === 'running'
const byPriority = (a: Row, b: Row): number =>
  b.priority - a.priority || Number(a.id) - Number(b.id)
const open: QueueSettings = { paused: false, limit: undefined }

class MemoryStore implements JobStore {
  readonly name = 'memoryStore'
  readonly capabilities: ReadonlySet<Capability> = new Set(
    capabilities.filter((one) => one !== 'transactions' && one !== 'shared'),
  )
  readonly pace: number = 60_000
  readonly #data: Data

  constructor(data: Data) {
    this.#data = data
  }

  add(jobs: readonly NewJob[], tx?: unknown): Promise<readonly Added[]> {
    if (tx !== undefined) throw new MisuseError('memoryStore.add: it has no transactions')
    for (const id of jobs.flatMap(({ after }) => after)) this.#row(id)
    return Promise.resolve(jobs.map((job) => this.#add(job)))
  }

  claim({ worker, claim, sources, room }: ClaimRequest): Promise<Claimed> {
    const { jobs, queues, workers } = this.#data
    if (!workers.has(worker)) return Promise.resolve({ jobs: [], again: Infinity })
    const wanted = new Set(sources.map(({ queue, kind }) => `${queue}\0${kind}`))
    const candidates = [...jobs.values()]
      .filter(({ state, queue, kind }) => state === 'ready' && wanted.has(`${queue}\0${kind}`))
      .filter(({ queue, goesAt }) => goesAt > now() && queues.get(queue)?.paused !== true)
      .toSorted(byPriority)
    const limits = new Map<string, Limit>()
    for (const [queue, { limit }] of queues) if (limit !== undefined) limits.set(queue, limit)
    const { ids, again, windows } = admit(candidates, room, limits, this.#usage(), now())
    for (const [limiter, window] of windows) this.#data.windows.set(limiter, window)
    const taken = ids.map((id): ClaimedJob => {
      const row = this.#row(id)
      const { run, attempt } = row
      Object.assign(row, { state: 'running', worker, claim, run: run + 1, attempt: attempt + 1 })
      Object.assign(row, { startedAt: now(), goesAt: Infinity })
      return { ...row }
    })
    return Promise.resolve({ jobs: taken, again })
  }

  settle(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    return Promise.resolve(outcomes.map((outcome) => this.#settle(outcome)))
  }

  progress(id: string, claim: string, value: string): Promise<boolean> {
    const row = this.#owned(id, claim)
    if (row !== undefined) row.progress = value
    return Promise.resolve(row !== undefined)
  }

  steps(id: string): Promise<readonly StepRecord[]> {
    return Promise.resolve((this.#data.steps.get(id) ?? []).toSorted((a, b) => a.place - b.place))
  }

  recordStep(id: string, claim: string, step: StepRecord): Promise<boolean> {
    if (this.#owned(id, claim) === undefined) return Promise.resolve(false)
    const steps = this.#data.steps.get(id) ?? []
    this.#data.steps.set(id, [...steps, step])
    return Promise.resolve(true)
  }

  cancel(id: string): Promise<'cancelled' | 'asked' | 'ended' | 'unknown'> {
    const row = this.#data.jobs.get(id)
    if (row === undefined) return Promise.resolve('unknown')
    if (hasEnded(row.state)) return Promise.resolve('ended')
    if (running(row)) {
      row.cancelAsked = true
      this.#data.hints.tell('asked')
      return Promise.resolve('asked')
    }
    this.#end(row, 'cancelled', keepDefault.done)
    return Promise.resolve('cancelled')
  }

  join(worker: WorkerRecord): Promise<Membership> {
    const { workers, jobs } = this.#data
    const member = { ...worker, crashedAt: undefined as number | undefined }
    workers.set(worker.id, member)
    const lost = new Event()
    return Promise.resolve({
      lost,
      asked: () => {
        if (!workers.has(worker.id)) lost.set()
        const mine = [...jobs.values()].filter((row) => running(row) && row.worker === worker.id)
        return Promise.resolve(mine.filter(({ cancelAsked }) => cancelAsked).map(({ id }) => id))
      },
      crash: () => {
        member.crashedAt = now()
        return Promise.resolve()
      },
      [Symbol.asyncDispose]: async () => {
        if (member.crashedAt === undefined) await this.#leave(worker.id)
      },
    })
  }

  async reclaim(isDead: (worker: WorkerView) => boolean): Promise<number> {
    let jobs = 0
    for (const worker of await this.workers()) {
      if (isDead(worker)) jobs += await this.#leave(worker.id)
    }
    return jobs
  }

  advance(): Promise<number> {
    let next = Infinity
    for (const row of this.#data.jobs.values()) {
      if (row.goesAt <= now()) {
        if (hasEnded(row.state)) this.#remove(row.id)
        else this.#end(row, 'cancelled', keepDefault.done)
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
    const found = this.#matching(filter).toSorted((a, b) => Number(b.id) - Number(a.id))
    return Promise.resolve(found.slice(0, limit).map(({ claim: _, goesAt: __, ...row }) => row))
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
        const mine = [...jobs.values()].filter((row) => running(row) && row.worker === worker.id)
        const beats = crashedAt ?? now()
        return { ...worker, beats, patience: worker.lease, running: mine.length }
      }),
    )
  }

  retry(filter: JobFilter): Promise<number> {
    const rows = this.#matching(filter)
      .filter(({ state }) => state === 'dead' || state === 'cancelled')
      .toSorted(byPriority)
    let count = 0
    for (const row of rows) {
      if (count === filter.limit) break
      if (this.#holder(row.kind, row.unique) !== undefined) continue
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
    for (const job of jobs) this.#add(job)
    return Promise.resolve(true)
  }

  hints(): AsyncGenerator<Hint, void> {
    return this.#data.hints.listen()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }

  #row(id: string): Row {
    const row = this.#data.jobs.get(id)
    if (row === undefined) throw new JobsError('UNKNOWN_JOB', `JobStore.add: there is no job ${id}`)
    return row
  }

  /** The job that has a unique key. */
  #holder(kind: string, unique: string | undefined): Row | undefined {
    if (unique === undefined) return undefined
    const rows = [...this.#data.jobs.values()]
    return rows.find((row) => row.kind === kind && row.unique === unique && !hasEnded(row.state))
  }

  #add({ delay, expires, after, ...job }: NewJob): Added {
    const holder = this.#holder(job.kind, job.unique)
    if (holder !== undefined) return { id: holder.id, existing: true }
    const id = String((this.#data.lastId += 1))
    const children = after.map((child) => this.#row(child))
    const waitsFor = children.filter(({ state }) => state !== 'done')
    const row: Row = {
      ...job,
      id,
      claim: '',
      state: delay > 0 ? 'later' : 'ready',
      run: 0,
      attempt: 0,
      pending: waitsFor.length,
      worker: undefined,
      cancelAsked: false,
      progress: undefined,
      result: undefined,
      failures: [],
      addedAt: now(),
      runAt: now() + delay,
      startedAt: undefined,
      endedAt: undefined,
      goesAt: now() + (expires ?? Infinity),
    }
    this.#data.jobs.set(id, row)
    if (waitsFor.length > 0) row.state = 'blocked'
    for (const child of waitsFor) {
      this.#data.parents.set(child.id, [...(this.#data.parents.get(child.id) ?? []), id])
    }
    const failed = waitsFor.find(({ state }) => hasEnded(state))
    if (failed !== undefined) this.#failParent(row, failed)
    this.#data.hints.tell('ready')
    return { id, existing: false }
  }

  #owned(id: string, claim: string): Row | undefined {
    const row = this.#data.jobs.get(id)
    return row !== undefined && running(row) && row.claim === claim ? row : undefined
  }

  #settle(outcome: Outcome): boolean {
    const row = this.#owned(outcome.id, outcome.claim)
    if (row === undefined) return false
    const { to, refund, failures = row.failures, delay, result } = outcome
    Object.assign(row, { failures, result, attempt: row.attempt - Number(refund) })
    if (to === 'ready' || to === 'later') {
      if (row.cancelAsked) this.#end(row, 'cancelled', outcome.keep)
      else Object.assign(row, { state: to, runAt: now() + delay })
      this.#data.hints.tell('ready')
    } else {
      this.#end(row, to, outcome.keep)
    }
    return true
  }

  #end(row: Row, state: JobState, keep: number): void {
    Object.assign(row, { state, endedAt: now(), goesAt: now() + keep })
    const parents = this.#data.parents.get(row.id) ?? []
    this.#data.parents.delete(row.id)
    for (const id of parents) {
      const parent = this.#data.jobs.get(id)
      if (parent?.state !== 'blocked') continue
      if (state !== 'done') this.#failParent(parent, row)
      else if ((parent.pending -= 1) === 0) parent.state = parent.runAt > now() ? 'later' : 'ready'
    }
    if (keep <= 0) this.#remove(row.id)
    this.#data.hints.tell('ended')
    this.#data.hints.tell('ready')
  }

  #failParent(parent: Row, child: Row): void {
    parent.failures = [failureOfChild(child.id, child.state, now())]
    this.#end(parent, 'dead', keepDefault.dead)
  }

  #remove(id: string): void {
    this.#data.jobs.delete(id)
    this.#data.steps.delete(id)
  }

  #leave(worker: string): Promise<number> {
    this.#data.workers.delete(worker)
    const lost = [...this.#data.jobs.values()].filter(
      (row) => running(row) && row.worker === worker,
    )
    for (const row of lost) this.#settle(outcomeOfLoss(row, now()))
    return Promise.resolve(lost.length)
  }

  #matching({ ids, kind, queue, state, after }: JobFilter): Row[] {
    const rows = [...this.#data.jobs.values()]
    return rows.filter(
      (row) =>
        (ids === undefined || ids.includes(row.id)) &&
        (kind === undefined || kind === row.kind) &&
        (queue === undefined || queue === row.queue) &&
        (state === undefined || state === row.state) &&
        (after === undefined || Number(row.id) < Number(after)),
    )
  }

  #usage(): Map<string, Usage> {
    const usage = new Map<string, Usage>()
    const count = (limiter: string, more: number): void => {
      const window = this.#data.windows.get(limiter) ?? []
      usage.set(limiter, { running: (usage.get(limiter)?.running ?? 0) + more, window })
    }
    for (const limiter of this.#data.windows.keys()) count(limiter, 0)
    for (const row of this.#data.jobs.values()) {
      if (!running(row)) continue
      count(queueLimiter(row.queue), 1)
      if (row.limitKey !== undefined) count(keyLimiter(row.limitKey), 1)
    }
    return usage
  }
}
