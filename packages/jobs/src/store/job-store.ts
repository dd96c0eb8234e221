import type { Event } from 'corral'
import type { Transaction } from '@corral/db'
import type { Capability } from './capability.ts'
import type {
  Added,
  ClaimedJob,
  JobFilter,
  JobRecord,
  NewJob,
  Outcome,
  QueueSettings,
  QueueStats,
  ScheduleRecord,
  StepRecord,
  WorkerRecord,
  WorkerView,
} from './records.ts'

/** How a store is opened: what `openJobs` takes. */
export interface StoreFactory {
  /** What errors call it, such as `sqliteStore`. */
  readonly name: string
  /** Makes the tables if need be. */
  open(): Promise<JobStore>
}

/** What a worker can take right now. */
export interface ClaimRequest {
  readonly worker: string
  /** New for each call, never used before by anybody: what fences the jobs that it gives. */
  readonly claim: string
  /** The handlers there are. No other kind is claimed. */
  readonly sources: readonly Source[]
  /** How many, at least 1. */
  readonly room: number
  /** It was asked for before, and failed: if it has claimed jobs all the same, these are the answer. */
  readonly retry?: boolean
}

export interface Source {
  readonly queue: string
  readonly kind: string
}

export interface Claimed {
  readonly jobs: readonly ClaimedJob[]
  /** After how long a rate lets more begin, in milliseconds; `Infinity` when none holds anything back. */
  readonly again: number
}

/** Something that may be of interest has happened: a hint, not a promise. Whoever misses one looks again by itself. */
export interface Hint {
  /** `ready`: there may be something to claim; `asked`: a running job was cancelled; `ended`: one has ended; `any`: all of it. */
  readonly about: 'ready' | 'asked' | 'ended' | 'any'
}

/** A worker that is known to the store, until it is disposed: then the jobs that it still has are ready for others. */
export interface Membership extends AsyncDisposable {
  /** Set when its jobs may belong to others: it was silent for too long, or the store says so. It stays set. */
  readonly lost: Event
  /** Which of its running jobs were asked to end. */
  asked(): Promise<readonly string[]>
  /** @internal Gives no more signs of life, as one that has crashed: for tests. */
  crash(): Promise<void>
}

/**
 * Where jobs are. All engines pass one conformance suite (`test/conformance`). What an engine cannot do it leaves out
 * of `capabilities`; it is then never called for that, and refuses it at open. All verbs may be called at the same time,
 * and every one is safe to call again after it failed in doubt, except for `add` without a unique key.
 *
 * Durations are in milliseconds, and relative: each store has a clock of its own, and is the only one to read it.
 *
 * Cancellation, of every verb: it happened or it did not; no job is left in between.
 */
export interface JobStore extends AsyncDisposable {
  readonly name: string
  readonly capabilities: ReadonlySet<Capability>
  /** How often a worker looks by itself whether there is something to do, in milliseconds: hints may be missed. */
  readonly pace: number

  /**
   * Adds jobs: all or none. When it returns they are durable, and will be claimable: at once, after `delay`, or when those in `after`
   * are done. With `tx` they are part of that transaction: invisible before its commit, gone after its rollback; whoever
   * waits is told after the commit.
   *
   * `unique`: of all callers at the same time one gets a new job, and the others its id with `existing`.
   *
   * @throws JobsError UNKNOWN_JOB for an id in `after` that there is not
   */
  add(jobs: readonly NewJob[], tx?: Transaction): Promise<readonly Added[]>

  /**
   * Makes up to `room` ready jobs the worker's: `running`, with `run` and `attempt` one higher, fenced by `claim`. Higher priority
   * first, then older; none of a paused queue, none that has expired, and never more than the limits of queues and keys allow,
   * whoever else claims at the same time. No job is given to two. Empty when there is nothing; never waits.
   */
  claim(request: ClaimRequest): Promise<Claimed>

  /**
   * Writes how runs ended. An outcome counts while its `claim` is the job's last one and the job is running; otherwise it
   * changes nothing, and its answer is false. Each is atomic with what it entails: a job that is done releases those that wait for it,
   * one that is dead or cancelled makes them dead; a kept one is removed after `keep`. A job that was asked to end and comes back
   * (`ready`, `later`) is cancelled. With `tx` it is part of that transaction.
   */
  settle(outcomes: readonly Outcome[], tx?: Transaction): Promise<readonly boolean[]>

  /** Writes the progress (JSON) of a running job, fenced as in `settle`. */
  progress(id: string, claim: string, value: string): Promise<boolean>

  /** The steps that were recorded, by place. */
  steps(id: string): Promise<readonly StepRecord[]>

  /** Records a step, once for each name, fenced as in `settle`. With `tx` it is part of that transaction. */
  recordStep(id: string, claim: string, step: StepRecord, tx?: Transaction): Promise<boolean>

  /**
   * Ends a job: at once when it is not running (`cancelled`); a running one is asked to end (`asked`): its worker cancels
   * it, and settles when its cleanup has run.
   */
  cancel(id: string): Promise<'cancelled' | 'asked' | 'ended' | 'unknown'>

  /** Makes a worker known, and keeps it alive until the membership is disposed: also while the event loop is blocked. */
  join(worker: WorkerRecord): Promise<Membership>

  /**
   * Gives back what dead workers had: ready, dead when the attempts are spent, cancelled when that was asked. The caller
   * judges by what it has seen itself, so that no clock is compared.
   *
   * @returns how many jobs
   */
  reclaim(isDead: (worker: WorkerView) => boolean): Promise<number>

  /**
   * Does what time has brought, a bounded amount of it: delayed jobs become ready, queued ones that have expired are cancelled, ended ones
   * that were kept long enough are removed.
   *
   * @returns after how long there is more to do; `Infinity` when nothing is known of
   */
  advance(): Promise<number>

  /** Jobs by filter, the newest first. */
  list(filter: JobFilter): Promise<readonly JobRecord[]>

  /** One entry for each queue that has jobs or settings. */
  stats(): Promise<readonly QueueStats[]>

  workers(): Promise<readonly WorkerView[]>

  /** Makes jobs that are dead or cancelled ready again, with all their attempts. @returns how many */
  retry(filter: JobFilter): Promise<number>

  /** Pauses or resumes a queue, sets or lifts its limit; what is left out stays. It lasts. */
  setQueue(queue: string, settings: Partial<QueueSettings>): Promise<void>

  /** All schedules, and the time of the store's clock. */
  schedules(): Promise<{ readonly now: number; readonly schedules: readonly ScheduleRecord[] }>

  /**
   * Sets, replaces or (undefined) removes a schedule. One that is replaced by the same expression, zone and policy keeps its `nextAt`:
   * programs that start do not push it away.
   */
  setSchedule(name: string, schedule: ScheduleRecord | undefined): Promise<void>

  /** Adds the jobs of a schedule that is due and moves it on, if it still stands at `expected`; of many callers one does. */
  fire(name: string, expected: number, nextAt: number, jobs: readonly NewJob[]): Promise<boolean>

  /** Tells when to look again, sooner than by oneself; from other processes too. Leaving the loop ends it. */
  hints(): AsyncGenerator<Hint, void>
}
