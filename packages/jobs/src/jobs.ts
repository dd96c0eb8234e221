import { shield } from 'corral'
import { refuse, requireOptions, requireWord } from 'corral/lowlevel'
import type { Transaction } from '@corral/db'
import { nextTime } from './cron/next-time.ts'
import { JobsError } from './errors.ts'
import { JobHandle } from './job-handle.ts'
import { jobInfo } from './job-info.ts'
import type { JobInfo } from './job-info.ts'
import { checkLimit, Job, needsOf, newJobOf } from './job/job.ts'
import type { AddOptions, AnyJob } from './job/job.ts'
import { requireText } from './job/require-text.ts'
import { requireCapability } from './store/capability.ts'
import type { Capability } from './store/capability.ts'
import { changes } from './store/changes.ts'
import { GroupCommit } from './store/group-commit.ts'
import type { JobStore, StoreFactory } from './store/job-store.ts'
import type {
  Added,
  JobFilter,
  NewJob,
  QueueStats,
  Rate,
  ScheduleRecord,
  WorkerView,
} from './store/records.ts'
import type { Handler } from './worker/perform.ts'
import { workSettings } from './worker/work-options.ts'
import type { WorkOptions } from './worker/work-options.ts'
import { Worker } from './worker/worker.ts'

export interface OpenJobsOptions {
  /** Definitions that will be used: what the store cannot do for them is refused now. */
  readonly jobs?: readonly AnyJob[]
  /** What else the store must be able to do. */
  readonly needs?: readonly Capability[]
}

export interface CronOptions {
  /** Default `UTC`. */
  readonly timezone?: string
  /** Of the times that passed while no worker ran: add one job, all, or none. Default `one`. */
  readonly missed?: 'one' | 'all' | 'none'
}

export interface AddInOptions extends AddOptions {
  /** The job is part of this transaction: it is there when that is committed, and not before. */
  readonly tx?: Transaction
}

/** Jobs that travel together in one statement. */
const mostAdded = 1000

/**
 * Opens a store of jobs.
 *
 * Cancellation: gives up, and leaves nothing open.
 *
 * @param factory `sqliteStore(...)`, `postgresStore(...)`, `memoryStore()`
 * @throws JobsError UNSUPPORTED when the store cannot do what the options name, STORE_VERSION
 * @example
 * await using jobs = await openJobs(sqliteStore('jobs.db'), { jobs: [mail] })
 */
export async function openJobs(
  factory: StoreFactory,
  options: OpenJobsOptions = {},
): Promise<Jobs> {
  if (typeof factory?.open !== 'function') {
    refuse('openJobs: store', 'a store, such as sqliteStore("jobs.db")', factory)
  }
  requireOptions('openJobs', options)
  const store = await factory.open()
  try {
    for (const need of options.needs ?? []) {
      requireCapability('openJobs', store, need, 'this program')
    }
    for (const job of options.jobs ?? []) requireAll('openJobs', store, job)
    return new Jobs(store)
  } catch (error) {
    await shield(() => store[Symbol.asyncDispose]())
    throw error
  }
}

function requireAll(api: string, store: JobStore, job: AnyJob): void {
  for (const [need, what] of needsOf(job)) requireCapability(api, store, need, what)
}

/** Jobs in a store: to add them, to work on them, to look after them. */
export class Jobs implements AsyncDisposable {
  /** @internal */
  readonly store: JobStore
  readonly #adder: GroupCommit<NewJob, Added>

  /** Made by `openJobs`, not by hand. */
  constructor(store: JobStore) {
    this.store = store
    this.#adder = new GroupCommit((jobs) => store.add(jobs), mostAdded)
  }

  /**
   * Adds a job. When it returns the job is durable: it runs at least once, unless it is cancelled first. Calls at the same
   * time travel together.
   *
   * Cancellation: stops waiting; the job may have been added.
   *
   * @throws JobsError NOT_STORABLE, INVALID_INPUT, UNSUPPORTED, UNKNOWN_JOB, OTHER_DATABASE
   * @example
   * const handle = await jobs.add(mail, { to: 'ada@example.org' }, { delay: 60_000 })
   */
  async add<Input, Result>(
    job: Job<Input, Result>,
    input: Input,
    options: AddInOptions = {},
  ): Promise<JobHandle<Result>> {
    const record = await this.#prepare('jobs.add', job, input, options)
    const { tx } = options
    const [added] =
      tx === undefined && record.unique === undefined && record.after.length === 0
        ? [await this.#adder.submit(record)]
        : await this.store.add([record], tx)
    return this.#handle(added)
  }

  /**
   * Adds many jobs of a kind, all or none.
   *
   * @throws as `add`
   */
  async addMany<Input, Result>(
    job: Job<Input, Result>,
    inputs: Iterable<Input>,
    options: AddInOptions = {},
  ): Promise<JobHandle<Result>[]> {
    const records: NewJob[] = []
    for (const input of inputs) {
      records.push(await this.#prepare('jobs.addMany', job, input, options))
    }
    if (records.length === 0) return []
    const added = await this.store.add(records, options.tx)
    return added.map((one) => this.#handle<Result>(one))
  }

  /**
   * Adds a job again and again, at the times of a cron expression: once for each time, however many programs set the same schedule. It lasts,
   * and is set again with other times or input by its name. `uncron` removes it.
   *
   * @param expression five fields, or six with seconds
   * @throws JobsError CRON when it cannot be read or never comes, or the zone is unknown
   * @example
   * await jobs.cron('nightly', '0 3 * * *', report, { of: 'yesterday' }, { timezone: 'Europe/Berlin' })
   */
  async cron<Input>(
    name: string,
    expression: string,
    job: Job<Input, unknown>,
    input: Input,
    options: CronOptions = {},
  ): Promise<void> {
    requireText('jobs.cron: name', name)
    const { timezone = 'UTC', missed = 'one' } = options
    requireWord('jobs.cron: missed', missed, ['one', 'all', 'none'])
    requireCapability('jobs.cron', this.store, 'cron', 'this')
    const record = await this.#prepare('jobs.cron', job, input, {})
    const { now } = await this.store.schedules()
    const nextAt = nextTime(expression, timezone, now)
    await this.store.setSchedule(name, { name, expression, timezone, missed, job: record, nextAt })
  }

  /** Removes a schedule; what it added stays. */
  async uncron(name: string): Promise<void> {
    requireCapability('jobs.uncron', this.store, 'cron', 'this')
    await this.store.setSchedule(name, undefined)
  }

  /** All schedules, with the time when each is due. */
  async schedules(): Promise<readonly ScheduleRecord[]> {
    requireCapability('jobs.schedules', this.store, 'cron', 'this')
    return (await this.store.schedules()).schedules
  }

  /**
   * Works on jobs until the program is asked to stop (`stopping()`): then what has not begun is given back at once, and what runs
   * may end. Each job is a scope: cancelling the job, the loss of the lease and its timeout cancel it.
   *
   * Cancellation: cancels the jobs that run, waits for their cleanup, and gives them back.
   *
   * @throws JobsError UNSUPPORTED
   * @throws MisuseError for a job without a handler, and for two of one name
   * @example
   * await run(() => jobs.work([mail, report], { concurrency: 20 }), { grace: 30_000 })
   */
  async work(handlers: readonly AnyJob[], options: WorkOptions = {}): Promise<void> {
    const settings = workSettings(options)
    if (!Array.isArray(handlers) || handlers.length === 0) {
      refuse('jobs.work: jobs', 'a list of jobs with handlers', handlers)
    }
    const names = new Set<string>()
    for (const job of handlers as readonly AnyJob[]) {
      if (!(job instanceof Job) || job.handler === undefined) {
        refuse('jobs.work: job', 'made by job(), with a handler', job)
      }
      if (names.has(job.name)) refuse('jobs.work: job', 'of a name of its own', job.name)
      names.add(job.name)
      requireAll('jobs.work', this.store, job)
    }
    await new Worker(this.store, handlers as readonly Handler[], settings).run()
  }

  /** A job by its id. @throws JobsError UNKNOWN_JOB */
  get(id: string): Promise<JobInfo> {
    return this.handle(id).info()
  }

  /** A handle on a job that was added elsewhere, by its id. */
  handle<Result = unknown>(id: string): JobHandle<Result> {
    requireText('jobs.handle: id', id)
    return new JobHandle(this.store, id, true)
  }

  /** Jobs, the newest first; `limit` of them, and the next after the id of the last. */
  async list(filter: JobFilter = {}): Promise<readonly JobInfo[]> {
    requireCapability('jobs.list', this.store, 'browse', 'this')
    return (await this.store.list(filter)).map((record) => jobInfo(record))
  }

  /**
   * Makes a dead or cancelled job ready again, with all its attempts. Steps that were done stay done.
   *
   * @returns false when it is neither, or another has its unique key by now
   */
  async retry(id: string): Promise<boolean> {
    requireCapability('jobs.retry', this.store, 'browse', 'this')
    return (await this.store.retry({ ids: [id] })) > 0
  }

  /** Makes dead jobs ready again. @returns how many */
  async redrive(filter: Pick<JobFilter, 'kind' | 'queue' | 'limit'> = {}): Promise<number> {
    requireCapability('jobs.redrive', this.store, 'browse', 'this')
    return await this.store.retry({ ...filter, state: 'dead' })
  }

  /** Lets no more jobs of a queue begin, in any worker, until `resume`. It lasts. */
  async pause(queue: string): Promise<void> {
    await this.#set('jobs.pause', queue, { paused: true })
  }

  async resume(queue: string): Promise<void> {
    await this.#set('jobs.resume', queue, { paused: false })
  }

  /**
   * Limits a queue over all workers, from within a second on; `undefined` lifts it. It lasts.
   *
   * @example
   * await jobs.limit('mail', { concurrency: 5, rate: { limit: 100, interval: 60_000 } })
   */
  async limit(
    queue: string,
    limit: { readonly concurrency?: number; readonly rate?: Rate } | undefined,
  ): Promise<void> {
    if (limit?.concurrency !== undefined) {
      requireCapability('jobs.limit', this.store, 'limits', 'a limit of concurrency')
    }
    if (limit?.rate !== undefined) requireCapability('jobs.limit', this.store, 'rate', 'a rate')
    const checked = limit === undefined ? undefined : checkLimit('jobs.limit', limit)
    await this.store.setQueue(requireText('jobs.limit: queue', queue), { limit: checked })
  }

  /** The queues, counted. */
  stats(): Promise<readonly QueueStats[]> {
    return this.store.stats()
  }

  /** Who works on jobs at present. */
  workers(): Promise<readonly WorkerView[]> {
    return this.store.workers()
  }

  /**
   * The counts of all queues, and again whenever they have changed.
   *
   * Cancellation: ends it. Leaving the loop does it too.
   *
   * @example
   * for await (const queues of jobs.watch()) console.log(queues.map(({ queue, counts }) => [queue, counts.ready]))
   */
  async *watch(): AsyncGenerator<readonly QueueStats[], void> {
    let last = ''
    for await (const _ of changes(this.store)) {
      const stats = await this.stats()
      const shown = JSON.stringify(stats.map(({ oldest: _oldest, ...rest }) => rest))
      if (shown !== last) yield stats
      last = shown
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.store[Symbol.asyncDispose]())
  }

  get [Symbol.toStringTag](): string {
    return 'Jobs'
  }

  async #prepare<Input>(
    api: string,
    job: Job<Input, unknown>,
    input: Input,
    options: AddInOptions,
  ): Promise<NewJob> {
    if (!(job instanceof Job)) refuse(`${api}: job`, 'made by job() or declareJob()', job)
    requireOptions(api, options)
    requireAll(api, this.store, job)
    const { delay = 0, priority = 0, after = [], tx } = options
    const needs: readonly [boolean, Capability][] = [
      [delay > 0, 'delay'],
      [priority !== 0, 'priority'],
      [after.length > 0, 'flows'],
      [tx !== undefined, 'transactions'],
    ]
    for (const [is, need] of needs) if (is) requireCapability(api, this.store, need, 'this')
    return await newJobOf(api, job, input, options)
  }

  #handle<Result>(added: Added | undefined): JobHandle<Result> {
    if (added === undefined) throw new JobsError('UNKNOWN_JOB', 'jobs.add: the store gave no id')
    return new JobHandle(this.store, added.id, added.existing)
  }

  async #set(api: string, queue: string, settings: { readonly paused: boolean }): Promise<void> {
    requireCapability(api, this.store, 'pause', 'this')
    await this.store.setQueue(requireText(`${api}: queue`, queue), settings)
  }
}
