import { MisuseError } from 'corral'
import type { Event } from 'corral'
import { sql } from '@corral/db'
import type { Database, Sql, Transaction } from '@corral/db'
import { JobsError } from '../errors.ts'
import type { Capability } from '../store/capability.ts'
import type { Claimed, ClaimRequest, Hint, JobStore, Membership } from '../store/job-store.ts'
import type {
  Added,
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
} from '../store/records.ts'
import { addJobs, isPlain } from './adding.ts'
import { moveDue, untilNext } from './advancing.ts'
import { listJobs, retryJobs, setQueue, statsOf } from './browsing.ts'
import { claimedBefore, claimFree, claimLimited, hasLimits } from './claiming.ts'
import { isId } from './decode.ts'
import type { Dialect } from './dialect.ts'
import { fireSchedule, schedulesOf, setSchedule } from './scheduling.ts'
import { cancelWaiting, recordStep, settleJobs, settleOrphans } from './settling.ts'

/** What a transaction that failed by others' doing is tried again. */
const patiently = { attempts: 10 }

/** Jobs in a database: what the engines have in common. */
export abstract class SqlStore implements JobStore {
  abstract readonly name: string
  abstract readonly capabilities: ReadonlySet<Capability>
  abstract readonly pace: number
  protected readonly db: Database
  protected readonly dialect: Dialect
  readonly #cursors = new Map<string, string>()
  /** Transactions that are known to be of this database. */
  readonly #known = new WeakSet<Transaction>()
  /** There may be limits. */
  #limited = true

  constructor(db: Database, dialect: Dialect) {
    this.db = db
    this.dialect = dialect
  }

  async add(jobs: readonly NewJob[], tx?: Transaction): Promise<readonly Added[]> {
    if (jobs.length === 0) return []
    if (jobs.some(({ limitKey }) => limitKey !== undefined)) this.#limited = true
    if (tx !== undefined) {
      await this.#requireOurs('add', tx)
      const added = await addJobs(tx, this.dialect, jobs)
      tx.afterCommit(() => this.tell('ready'))
      return added
    }
    const added = isPlain(jobs)
      ? await addJobs(this.db, this.dialect, jobs)
      : await this.db.transaction((own) => addJobs(own, this.dialect, jobs), patiently)
    this.tell('ready')
    return added
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    if (request.retry === true) {
      const jobs = await claimedBefore(this.db, request)
      if (jobs.length > 0) return { jobs, again: Infinity }
    }
    if (!this.#limited) return { jobs: await this.claimFree(request), again: Infinity }
    return await this.db.transaction(
      (tx) => claimLimited(tx, this.dialect, request, this.#cursors),
      patiently,
    )
  }

  async settle(outcomes: readonly Outcome[], tx?: Transaction): Promise<readonly boolean[]> {
    if (outcomes.length === 0) return []
    let written: ReadonlySet<string>
    if (tx === undefined) {
      written = await this.db.transaction(
        (own) => settleJobs(own, this.dialect, outcomes),
        patiently,
      )
      this.#settled(outcomes)
    } else {
      await this.#requireOurs('settle', tx)
      written = await settleJobs(tx, this.dialect, outcomes)
      tx.afterCommit(() => this.#settled(outcomes))
    }
    return outcomes.map(({ id }) => written.has(id))
  }

  async progress(id: string, claim: string, value: string): Promise<boolean> {
    const { count } = await this.db.execute(
      sql`update corral_job set progress = ${value}
        where id = ${id} and claim = ${claim} and ${this.dialect.state} = 'running'`,
    )
    if (count > 0) this.tell('ended')
    return count > 0
  }

  async steps(id: string): Promise<readonly StepRecord[]> {
    return await this.db.query<StepRecord>(
      sql`select name, place, value from corral_job_step where job = ${id} order by place`,
    )
  }

  async recordStep(
    id: string,
    claim: string,
    step: StepRecord,
    tx?: Transaction,
  ): Promise<boolean> {
    if (tx !== undefined) await this.#requireOurs('recordStep', tx)
    return await recordStep(tx ?? this.db, this.dialect, id, claim, step)
  }

  async cancel(id: string): Promise<'cancelled' | 'asked' | 'ended' | 'unknown'> {
    if (!isId(id)) return 'unknown'
    const cancelled = await this.db.transaction(
      (tx) => cancelWaiting(tx, this.dialect, [id]),
      patiently,
    )
    if (cancelled > 0) {
      this.tell('ended')
      return 'cancelled'
    }
    const { count } = await this.db.execute(
      sql`update corral_job set cancel_asked = true where id = ${id} and ${this.dialect.state} = 'running'`,
    )
    if (count > 0) {
      this.tell('asked')
      return 'asked'
    }
    const known = await this.db.maybeOne(sql`select id from corral_job where id = ${id}`)
    return known === undefined ? 'unknown' : 'ended'
  }

  abstract join(worker: WorkerRecord): Promise<Membership>
  abstract workers(): Promise<readonly WorkerView[]>

  async reclaim(isDead: (worker: WorkerView) => boolean): Promise<number> {
    for (const worker of await this.workers()) {
      if (!isDead(worker)) continue
      await this.db.execute(
        sql`delete from corral_job_worker where id = ${worker.id} and beats = ${worker.beats}`,
      )
    }
    return await this.settleOrphans()
  }

  async advance(): Promise<number> {
    this.#limited = await hasLimits(this.db)
    const next = await untilNext(this.db, this.dialect)
    if (next > 0) return next
    const moved = await this.db.transaction((tx) => moveDue(tx, this.dialect), patiently)
    if (moved.ready) this.tell('ready')
    if (moved.ended) this.tell('ended')
    return Math.max(0, await untilNext(this.db, this.dialect))
  }

  list(filter: JobFilter): Promise<readonly JobRecord[]> {
    return listJobs(this.db, this.dialect, filter)
  }

  stats(): Promise<readonly QueueStats[]> {
    return statsOf(this.db, this.dialect)
  }

  async retry(filter: JobFilter): Promise<number> {
    const count = await retryJobs(this.db, this.dialect, filter)
    if (count > 0) this.tell('ready')
    return count
  }

  async setQueue(queue: string, settings: Partial<QueueSettings>): Promise<void> {
    if (settings.limit !== undefined) this.#limited = true
    await setQueue(this.db, queue, settings)
    this.tell('ready')
  }

  schedules(): Promise<{ readonly now: number; readonly schedules: readonly ScheduleRecord[] }> {
    return schedulesOf(this.db, this.dialect)
  }

  async setSchedule(name: string, schedule: ScheduleRecord | undefined): Promise<void> {
    await setSchedule(this.db, name, schedule)
    this.tell('any')
  }

  async fire(
    name: string,
    expected: number,
    nextAt: number,
    jobs: readonly NewJob[],
  ): Promise<boolean> {
    const fired = await this.db.transaction(
      (tx) => fireSchedule(tx, this.dialect, name, expected, nextAt, jobs),
      patiently,
    )
    if (fired) this.tell('ready')
    return fired
  }

  abstract hints(): AsyncGenerator<Hint, void>
  abstract [Symbol.asyncDispose](): Promise<void>

  /** Tells those who listen, here and in other processes. */
  protected abstract tell(about: Hint['about']): void

  protected claimFree(request: ClaimRequest): ReturnType<typeof claimFree> {
    return claimFree(this.db, this.dialect, request)
  }

  /** Gives back what workers have that are known no more. */
  protected async settleOrphans(): Promise<number> {
    if (!(await this.db.value<boolean | number>(hasOrphans))) return 0
    const count = await this.db.transaction((tx) => settleOrphans(tx, this.dialect), patiently)
    if (count > 0) this.tell('any')
    return count
  }

  #settled(outcomes: readonly Outcome[]): void {
    const ends = outcomes.some(({ to }) => to !== 'ready' && to !== 'later')
    if (ends) this.tell('ended')
    if (!ends || this.#limited || outcomes.some(({ to }) => to === 'ready')) this.tell('ready')
  }

  /** A transaction of another database would lose jobs, or finish others. */
  async #requireOurs(api: string, tx: Transaction): Promise<void> {
    if (this.#known.has(tx)) return
    if (typeof (tx as Partial<Transaction> | null)?.afterCommit !== 'function') {
      throw new MisuseError(`jobs.${api}: tx must be a transaction of @corral/db`)
    }
    if (!(await this.isOurs(tx))) {
      throw new JobsError(
        'OTHER_DATABASE',
        `jobs.${api}: the transaction is of another database than the jobs are in; open the store on the same one`,
      )
    }
    this.#known.add(tx)
  }

  protected abstract isOurs(tx: Transaction): Promise<boolean>

  /** Which jobs of a worker were asked to end. */
  protected async askedOf(worker: string, lost: Event): Promise<readonly string[]> {
    const rows = await this.db.query<{ id: bigint | number; known: boolean | number }>(
      sql`select id from corral_job where state = 'running' and worker = ${worker} and cancel_asked`,
    )
    const known = await this.db.maybeOne(sql`select id from corral_job_worker where id = ${worker}`)
    if (known === undefined) lost.set()
    return rows.map(({ id }) => String(id))
  }

  /** Makes a worker unknown: what it still has is given back. */
  protected async leave(worker: string): Promise<void> {
    await this.db.execute(sql`delete from corral_job_worker where id = ${worker}`)
    await this.settleOrphans()
  }
}

const hasOrphans: Sql = sql`select exists (select 1 from corral_job j where state = 'running'
  and not exists (select 1 from corral_job_worker w where w.id = j.worker))`
