import { now } from 'corral'
import { JobsError } from '../errors.ts'
import { keyLimiter, queueLimiter } from '../limit/admit.ts'
import type { Usage } from '../limit/admit.ts'
import type { RateWindow } from '../limit/rate-window.ts'
import { hasEnded } from '../state/job-state.ts'
import type { JobState } from '../state/job-state.ts'
import { failureOfChild, keepDefault, outcomeOfLoss } from '../state/outcome.ts'
import { Hints } from '../store/hints.ts'
import type {
  Added,
  ClaimedJob,
  JobFilter,
  JobRecord,
  NewJob,
  Outcome,
  QueueSettings,
  ScheduleRecord,
  StepRecord,
  WorkerRecord,
} from '../store/records.ts'

export type Row = { -readonly [K in keyof ClaimedJob]: ClaimedJob[K] } & {
  /** When it goes: cancelled while it waits, removed when it has ended. */
  goesAt: number
}

/** The jobs of a `memoryStore`, and what may become of them. */
export class MemoryJobs {
  readonly jobs: Map<string, Row> = new Map()
  /** Who waits for a job. */
  readonly parents: Map<string, string[]> = new Map()
  readonly steps: Map<string, StepRecord[]> = new Map()
  readonly queues: Map<string, QueueSettings> = new Map()
  readonly schedules: Map<string, ScheduleRecord> = new Map()
  readonly workers: Map<string, WorkerRecord & { crashedAt: number | undefined }> = new Map()
  readonly windows: Map<string, RateWindow> = new Map()
  readonly hints: Hints = new Hints()
  lastId = 0

  row(id: string): Row {
    const row = this.jobs.get(id)
    if (row === undefined) throw new JobsError('UNKNOWN_JOB', `JobStore.add: there is no job ${id}`)
    return row
  }

  /** The job that has a unique key. */
  holder(kind: string, unique: string | undefined): Row | undefined {
    if (unique === undefined) return undefined
    const rows = [...this.jobs.values()]
    return rows.find((row) => row.kind === kind && row.unique === unique && !hasEnded(row.state))
  }

  add({ delay, expires, after, ...job }: NewJob): Added {
    const holder = this.holder(job.kind, job.unique)
    if (holder !== undefined) return { id: holder.id, existing: true }
    const id = String((this.lastId += 1))
    const children = after.map((child) => this.row(child))
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
    this.jobs.set(id, row)
    if (waitsFor.length > 0) row.state = 'blocked'
    for (const child of waitsFor) {
      this.parents.set(child.id, [...(this.parents.get(child.id) ?? []), id])
    }
    const failed = waitsFor.find(({ state }) => hasEnded(state))
    if (failed !== undefined) this.failParent(row, failed)
    this.hints.tell('ready')
    return { id, existing: false }
  }

  owned(id: string, claim: string): Row | undefined {
    const row = this.jobs.get(id)
    return row !== undefined && isRunning(row) && row.claim === claim ? row : undefined
  }

  settle(outcome: Outcome): boolean {
    const row = this.owned(outcome.id, outcome.claim)
    if (row === undefined) return false
    const { to, refund, failures = row.failures, delay, result } = outcome
    Object.assign(row, { failures, result, attempt: row.attempt - Number(refund) })
    if (to === 'ready' || to === 'later') {
      if (row.cancelAsked) this.end(row, 'cancelled', outcome.keep)
      else Object.assign(row, { state: to, runAt: now() + delay })
      this.hints.tell('ready')
    } else {
      this.end(row, to, outcome.keep)
    }
    return true
  }

  end(row: Row, state: JobState, keep: number): void {
    Object.assign(row, { state, endedAt: now(), goesAt: now() + keep })
    const parents = this.parents.get(row.id) ?? []
    this.parents.delete(row.id)
    for (const id of parents) {
      const parent = this.jobs.get(id)
      if (parent?.state !== 'blocked') continue
      if (state !== 'done') this.failParent(parent, row)
      else if ((parent.pending -= 1) === 0) parent.state = parent.runAt > now() ? 'later' : 'ready'
    }
    if (keep <= 0) this.remove(row.id)
    this.hints.tell('ended')
    this.hints.tell('ready')
  }

  failParent(parent: Row, child: Row): void {
    parent.failures = [failureOfChild(child.id, child.state, now())]
    this.end(parent, 'dead', keepDefault.dead)
  }

  remove(id: string): void {
    this.jobs.delete(id)
    this.steps.delete(id)
  }

  leave(worker: string): Promise<number> {
    this.workers.delete(worker)
    const lost = [...this.jobs.values()].filter((row) => isRunning(row) && row.worker === worker)
    for (const row of lost) this.settle(outcomeOfLoss(row, now()))
    return Promise.resolve(lost.length)
  }

  matching({ ids, kind, queue, state, after }: JobFilter): Row[] {
    const rows = [...this.jobs.values()]
    return rows.filter(
      (row) =>
        (ids === undefined || ids.includes(row.id)) &&
        (kind === undefined || kind === row.kind) &&
        (queue === undefined || queue === row.queue) &&
        (state === undefined || state === row.state) &&
        (after === undefined || Number(row.id) < Number(after)),
    )
  }

  usage(): Map<string, Usage> {
    const usage = new Map<string, Usage>()
    const count = (limiter: string, more: number): void => {
      const window = this.windows.get(limiter) ?? []
      usage.set(limiter, { running: (usage.get(limiter)?.running ?? 0) + more, window })
    }
    for (const limiter of this.windows.keys()) count(limiter, 0)
    for (const row of this.jobs.values()) {
      if (!isRunning(row)) continue
      count(queueLimiter(row.queue), 1)
      if (row.limitKey !== undefined) count(keyLimiter(row.limitKey), 1)
    }
    return usage
  }
}

export const isRunning = (row: Row): boolean => row.state === 'running'
export const byPriority = (a: Row, b: Row): number =>
  b.priority - a.priority || Number(a.id) - Number(b.id)

export function recordOf(row: Row): JobRecord {
  const { claim: _claim, goesAt: _goesAt, ...record } = row
  return record
}
