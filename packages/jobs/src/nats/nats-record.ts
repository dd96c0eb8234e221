import type { Failure, JobRecord, NewJob } from '../store/records.ts'

/** What a message says of its job, beside the payload. */
export type NatsJob = Pick<NewJob, 'queue' | 'kind' | 'attempts' | 'delay' | 'payload'>

/** What has become of a job since it was first claimed. */
export interface NatsRun {
  readonly run: number
  readonly attempt: number
  readonly failures: readonly Failure[]
  /** Who runs it; nobody when it waits. */
  readonly owner: NatsOwner | undefined
  /** Not before then, in milliseconds since the epoch. */
  readonly begin: number
  /** It has ended: what is delivered once more is thrown away. */
  readonly over: boolean
}

export interface NatsOwner {
  readonly worker: string
  readonly claim: string
  readonly startedAt: number
  /** What the delivery is answered to, by anybody. */
  readonly reply: string
}

/** A run and the job that it is of. */
export interface NatsRunOf extends NatsRun {
  readonly job: NatsJob
  readonly addedAt: number
}

export function recordOf(id: string, { job, addedAt, ...run }: NatsRunOf): JobRecord {
  const { delay, ...about } = job
  return {
    id,
    ...about,
    state: run.owner === undefined ? 'ready' : 'running',
    priority: 0,
    run: run.run,
    attempt: run.attempt,
    unique: undefined,
    limitKey: undefined,
    limit: undefined,
    pending: 0,
    worker: run.owner?.worker,
    cancelAsked: false,
    progress: undefined,
    result: undefined,
    failures: run.failures,
    addedAt,
    runAt: Math.max(addedAt + delay, run.begin),
    scheduledFor: undefined,
    startedAt: run.owner?.startedAt,
    endedAt: undefined,
  }
}
