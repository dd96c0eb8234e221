import type { JobState } from '../state/job-state.ts'

/** Why an attempt failed, as it is kept with the job. */
export interface Failure {
  /** Which attempt it was, from 1. */
  readonly attempt: number
  /** When, in milliseconds since the epoch. */
  readonly at: number
  readonly name: string
  readonly message: string
  readonly code: string | undefined
  readonly stack: string | undefined
}

export interface Rate {
  /** How many may begin in each interval. */
  readonly limit: number
  /** In milliseconds. */
  readonly interval: number
}

/** How many jobs of one key may be running, and begin, at the same time, over all workers. */
export interface Limit {
  readonly concurrency: number | undefined
  readonly rate: Rate | undefined
}

/** A job as it is handed to a store. */
export interface NewJob {
  /** The name of the handler. */
  readonly kind: string
  readonly queue: string
  /** JSON. */
  readonly payload: string
  /** Higher comes first. */
  readonly priority: number
  /** Until it may begin, in milliseconds. */
  readonly delay: number
  /** How often it may be tried, at least 1. */
  readonly attempts: number
  /** Of all jobs of its kind that have not ended one may have this key. */
  readonly unique: string | undefined
  readonly limitKey: string | undefined
  readonly limit: Limit | undefined
  /** Ids of jobs that must be done before it begins; it is dead when one of them does not get there. */
  readonly after: readonly string[]
  /** It is cancelled when it has not begun after that time, in milliseconds. */
  readonly expires: number | undefined
  /** Of a cron job: when it was due, in milliseconds since the epoch. */
  readonly scheduledFor: number | undefined
}

/** What became of a new job: its id, or that of the job that has its unique key already. */
export interface Added {
  readonly id: string
  readonly existing: boolean
}

/** A job as it is in the store. Times are in milliseconds since the epoch, by the store's clock. */
export interface JobRecord {
  readonly id: string
  readonly kind: string
  readonly queue: string
  readonly state: JobState
  readonly priority: number
  /** JSON. */
  readonly payload: string
  /** How often it was claimed. */
  readonly run: number
  /** How many attempts were begun that count: one that was given back does not. */
  readonly attempt: number
  readonly attempts: number
  readonly unique: string | undefined
  readonly limitKey: string | undefined
  readonly limit: Limit | undefined
  /** How many jobs it still waits for. */
  readonly pending: number
  /** Who runs it, or ran it last. */
  readonly worker: string | undefined
  /** It was asked to end while it runs. */
  readonly cancelAsked: boolean
  /** JSON. */
  readonly progress: string | undefined
  /** JSON. */
  readonly result: string | undefined
  /** The last ones, at most ten. */
  readonly failures: readonly Failure[]
  readonly addedAt: number
  /** When it may begin, or might have. */
  readonly runAt: number
  readonly scheduledFor: number | undefined
  /** Of the last run. */
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

/** A job in the hands of a worker. What it writes is taken while `claim` is the job's last one. */
export interface ClaimedJob extends JobRecord {
  readonly claim: string
}

/** How a run of a job ended, told by its owner. */
export interface Outcome {
  readonly id: string
  readonly claim: string
  readonly to: 'ready' | 'later' | 'done' | 'dead' | 'cancelled'
  /** The attempt does not count. */
  readonly refund: boolean
  /** Until it may begin again, in milliseconds: for `later`. */
  readonly delay: number
  /** JSON: for `done`. */
  readonly result: string | undefined
  /** All that are to be kept, this run's the last; undefined leaves them as they are. */
  readonly failures: readonly Failure[] | undefined
  /** How long it is kept when it has ended, in milliseconds; 0 removes it at once, `Infinity` keeps it. */
  readonly keep: number
}

/** A step of a durable workflow that has been done, or a sleep that has begun. */
export interface StepRecord {
  readonly name: string
  /** Its place among the steps of the job, from 0. */
  readonly place: number
  /** JSON. */
  readonly value: string
}

/** A process, or a part of one, that works on jobs. */
export interface WorkerRecord {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** How long it may be silent before its jobs are given to others, in milliseconds. */
  readonly lease: number
}

/** A worker as others see it. */
export interface WorkerView extends WorkerRecord {
  /** Grows with every sign of life. */
  readonly beats: number
  /**
   * After how long a silence it is taken for dead, in milliseconds: its lease, or less where there is other
   * evidence, such as a process that is gone.
   */
  readonly patience: number
  readonly running: number
}

/** A job that is added again and again. */
export interface ScheduleRecord {
  readonly name: string
  /** Five fields of cron, or six with seconds. */
  readonly expression: string
  /** An IANA time zone. */
  readonly timezone: string
  /** Of the times that passed while nobody worked: add one job, all, or none. */
  readonly missed: 'one' | 'all' | 'none'
  /** What is added; its `delay` and `scheduledFor` are set then. */
  readonly job: NewJob
  /** In milliseconds since the epoch. */
  readonly nextAt: number
}

/** What is said of a queue beside its jobs. */
export interface QueueSettings {
  readonly paused: boolean
  readonly limit: Limit | undefined
}

/** One queue, counted. */
export interface QueueStats extends QueueSettings {
  readonly queue: string
  readonly counts: Readonly<Record<JobState, number>>
  /** How long the first that is ready has waited, in milliseconds. */
  readonly oldest: number
}

/** Which jobs are meant; what is left out does not matter. */
export interface JobFilter {
  readonly ids?: readonly string[] | undefined
  readonly kind?: string | undefined
  readonly queue?: string | undefined
  readonly state?: JobState | undefined
  /** Those that come after this id, in the order of the list. */
  readonly after?: string | undefined
  /** Default 100. */
  readonly limit?: number | undefined
}
