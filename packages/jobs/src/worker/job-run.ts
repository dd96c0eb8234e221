import { checkpoint, now, sleep } from 'corral'
import type { CancelScope } from 'corral'
import { refuse, requireDuration, requireFunction } from 'corral/lowlevel'
import type { Database, Transaction } from '@corral/db'
import { JobsError } from '../errors.ts'
import { fromJson, toJson } from '../job/json.ts'
import { requireText } from '../job/require-text.ts'
import { outcomeOf } from '../state/outcome.ts'
import type { Keeping } from '../state/outcome.ts'
import { requireCapability } from '../store/capability.ts'
import type { Capability } from '../store/capability.ts'
import type { JobStore } from '../store/job-store.ts'
import type { ClaimedJob, StepRecord } from '../store/records.ts'
import { StepLedger } from './step-ledger.ts'

/** A sleep that is shorter is slept where it is, in milliseconds: putting a job aside costs more. */
const shortest = 1000

/** One run of a job: what its handler can do beside its work. Used by the handler alone, while it runs. */
export class JobRun {
  readonly id: string
  /** Which attempt it is, from 1. */
  readonly attempt: number
  /** How many attempts there are. */
  readonly attempts: number
  /** Of a cron job: when it was due, in milliseconds since the epoch. */
  readonly scheduledFor: number | undefined
  /** @internal Set when the job was ended in a transaction: nobody else is to end it. */
  finished = false
  /** @internal Until it goes on, in milliseconds, when it sleeps. */
  sleeps: number | undefined
  readonly #store: JobStore
  readonly #job: ClaimedJob
  readonly #keep: Keeping
  readonly #scope: CancelScope
  #ledger: Promise<StepLedger> | undefined
  #naps = 0

  /** @internal */
  constructor(store: JobStore, job: ClaimedJob, keep: Keeping, scope: CancelScope) {
    this.id = job.id
    this.attempt = job.attempt
    this.attempts = job.attempts
    this.scheduledFor = job.scheduledFor
    this.#store = store
    this.#job = job
    this.#keep = keep
    this.#scope = scope
  }

  /**
   * Does something once for all runs of this job: when `fn` has returned, what it gave is recorded, and later runs get
   * it from there. A run that ends between the two does it again: use `stepIn` for what writes to the jobs' database.
   *
   * Cancellation: reaches `fn`.
   *
   * @param name another for each step
   * @throws JobsError STEPS when the name comes twice, or the steps in another order than before
   * @throws JobsError LOST when the job belongs to another worker by now
   * @example
   * const order = await run.step('order', () => placeOrder(input))
   */
  async step<T>(name: string, fn: () => PromiseLike<T> | T): Promise<T> {
    requireFunction('JobRun.step: fn', fn)
    const { place, done } = await this.#begin('step', name)
    if (done !== undefined) return fromJson(done.value) as T
    const value = await fn()
    await this.#record({ name, place, value: toJson(`JobRun.step: value of ${name}`, value) })
    return value
  }

  /**
   * A step that writes to the database that the jobs are in: what it writes and that it is done are committed together, so
   * that it happens exactly once.
   *
   * @param db the database, opened by the same URL or file as the store, or the store's own
   * @throws JobsError as `step`, and OTHER_DATABASE
   * @example
   * await run.stepIn(db, 'charge', (tx) => tx.execute(sql`update accounts set balance = balance - 10`))
   */
  async stepIn<T>(
    db: Database,
    name: string,
    fn: (tx: Transaction) => PromiseLike<T> | T,
  ): Promise<T> {
    requireFunction('JobRun.stepIn: fn', fn)
    this.#require('stepIn', 'transactions')
    const { place, done } = await this.#begin('stepIn', name)
    if (done !== undefined) return fromJson(done.value) as T
    return await db.transaction(async (tx) => {
      const value = await fn(tx)
      const text = toJson(`JobRun.stepIn: value of ${name}`, value)
      await this.#record({ name, place, value: text }, tx)
      return value
    })
  }

  /**
   * Waits, for days if need be: the job is put aside, and a later run goes on here with the steps that were done. A step
   * like any other, it has its place among them.
   *
   * Cancellation: ends the wait. A job that is put aside is cancelled itself: its cleanup runs.
   *
   * @param ms from when it was reached first
   */
  async sleep(ms: number): Promise<void> {
    requireDuration('JobRun.sleep: ms', ms)
    if (!Number.isFinite(ms)) refuse('JobRun.sleep: ms', 'a finite number of milliseconds', ms)
    const name = `sleep ${(this.#naps += 1)}`
    const { place, done } = await this.#begin('sleep', name)
    const until = done === undefined ? now() + ms : (fromJson(done.value) as number)
    if (done === undefined) {
      await this.#record({ name, place, value: toJson('JobRun.sleep', until) })
    }
    const left = until - now()
    if (left < shortest) return await sleep(Math.max(0, left))
    this.sleeps = left
    this.#scope.cancel(`job ${this.id} sleeps`)
    return await checkpoint()
  }

  /**
   * Tells how far it is. What is told while the last was written is written next: the latest counts.
   *
   * @param value JSON
   * @throws JobsError LOST when the job belongs to another worker by now
   */
  async progress(value: unknown): Promise<void> {
    this.#require('progress', 'progress')
    const text = toJson('JobRun.progress: value', value)
    this.#mine(await this.#store.progress(this.#job.id, this.#job.claim, text))
  }

  /**
   * Ends the job in a transaction of the database that the jobs are in: what it wrote and that the job is done are
   * committed together, exactly once. What the handler returns afterwards does not matter.
   *
   * @throws JobsError LOST when the job belongs to another worker by now: let it roll back
   * @throws JobsError OTHER_DATABASE
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.execute(sql`insert into sent values (${input.id})`)
   *   await run.finishIn(tx, 'sent')
   * })
   */
  async finishIn(tx: Transaction, result?: unknown): Promise<void> {
    this.#require('finishIn', 'transactions')
    const text = result === undefined ? undefined : toJson('JobRun.finishIn: result', result)
    const outcome = outcomeOf(this.#job, { how: 'returned', result: text }, this.#keep)
    const [mine = false] = await this.#store.settle([outcome], tx)
    this.#mine(mine)
    tx.afterCommit(() => void (this.finished = true))
  }

  get [Symbol.toStringTag](): string {
    return 'JobRun'
  }

  async #begin(
    method: string,
    name: string,
  ): Promise<{ readonly place: number; readonly done: StepRecord | undefined }> {
    requireText(`JobRun.${method}: name`, name)
    this.#require(method, 'steps')
    this.#ledger ??= this.#store.steps(this.id).then((steps) => new StepLedger(steps))
    return (await this.#ledger).begin(name)
  }

  async #record(step: StepRecord, tx?: Transaction): Promise<void> {
    this.#mine(await this.#store.recordStep(this.id, this.#job.claim, step, tx))
  }

  #mine(yes: boolean): void {
    if (yes) return
    throw new JobsError('LOST', `JobRun: job ${this.id} is no longer this worker's; end it`)
  }

  #require(method: string, capability: Capability): void {
    requireCapability(`JobRun.${method}`, this.#store, capability, 'this')
  }
}
