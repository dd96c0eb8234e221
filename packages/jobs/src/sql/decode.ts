import type { JobState } from '../state/job-state.ts'
import type { ClaimedJob, Failure, Limit } from '../store/records.ts'

/** A row of `corral_job`, as either engine gives it. */
export interface JobRow {
  readonly id: bigint | number
  readonly kind: string
  readonly queue: string
  readonly state: JobState
  readonly rank: number
  readonly payload: string
  readonly run: number
  readonly attempt: number
  readonly attempts: number
  readonly unique_key: string | null
  readonly limit_key: string | null
  readonly limits: string | null
  readonly pending: number
  readonly worker: string | null
  readonly claim: string | null
  readonly cancel_asked: boolean | number
  readonly progress: string | null
  readonly result: string | null
  readonly failures: string | null
  readonly added_at: bigint | number
  readonly run_at: bigint | number
  readonly scheduled_for: bigint | number | null
  readonly started_at: bigint | number | null
  readonly ended_at: bigint | number | null
}

export function jobOf(row: JobRow): ClaimedJob {
  return {
    id: String(row.id),
    kind: row.kind,
    queue: row.queue,
    state: row.state,
    priority: 0 - row.rank,
    payload: row.payload,
    run: row.run,
    attempt: row.attempt,
    attempts: row.attempts,
    unique: row.unique_key ?? undefined,
    limitKey: row.limit_key ?? undefined,
    limit: limitOf(row.limits),
    pending: row.pending,
    worker: row.worker ?? undefined,
    claim: row.claim ?? '',
    cancelAsked: Boolean(row.cancel_asked),
    progress: row.progress ?? undefined,
    result: row.result ?? undefined,
    failures: row.failures === null ? [] : (JSON.parse(row.failures) as Failure[]),
    addedAt: Number(row.added_at),
    runAt: Number(row.run_at),
    scheduledFor: momentOf(row.scheduled_for),
    startedAt: momentOf(row.started_at),
    endedAt: momentOf(row.ended_at),
  }
}

export function limitOf(text: string | null): Limit | undefined {
  if (text === null) return undefined
  const { concurrency, rate } = JSON.parse(text) as Partial<Limit>
  return { concurrency, rate }
}

function momentOf(value: bigint | number | null): number | undefined {
  return value === null ? undefined : Number(value)
}

/** An id that a row could have: of anything else there is no job. */
export function isId(id: string): boolean {
  return /^[1-9]\d{0,17}$/.test(id)
}
