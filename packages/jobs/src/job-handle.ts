import { JobsError } from './errors.ts'
import { jobInfo } from './job-info.ts'
import type { JobInfo } from './job-info.ts'
import { hasEnded } from './state/job-state.ts'
import { requireCapability } from './store/capability.ts'
import type { JobStore } from './store/job-store.ts'
import { changes } from './store/changes.ts'

/** A job that was added. */
export class JobHandle<Result = unknown> {
  readonly id: string
  /** It was there before: another with its unique key, that had not ended. */
  readonly existing: boolean
  readonly #store: JobStore

  /** @internal */
  constructor(store: JobStore, id: string, existing: boolean) {
    this.#store = store
    this.id = id
    this.existing = existing
  }

  /** The job as it is now. @throws JobsError UNKNOWN_JOB */
  async info(): Promise<JobInfo> {
    requireCapability('JobHandle.info', this.#store, 'browse', 'this')
    const [record] = await this.#store.list({ ids: [this.id] })
    if (record !== undefined) return jobInfo(record)
    throw new JobsError(
      'UNKNOWN_JOB',
      `JobHandle: there is no job ${this.id}; it was removed, or its transaction was rolled back`,
    )
  }

  /**
   * Waits until the job has ended, and gives its result. It must be kept for long enough: see `keep`.
   *
   * Cancellation: stops waiting; the job goes on.
   *
   * @throws JobsError JOB_DEAD, JOB_CANCELLED, UNKNOWN_JOB
   */
  async result(): Promise<Result> {
    requireCapability('JobHandle.result', this.#store, 'results', 'this')
    for await (const info of this.watch()) {
      if (info.state === 'done') return info.result as Result
      if (info.state === 'cancelled') {
        throw new JobsError('JOB_CANCELLED', `JobHandle.result: job ${this.id} was cancelled`)
      }
      if (info.state !== 'dead') continue
      const last = info.failures.at(-1)
      throw new JobsError(
        'JOB_DEAD',
        `JobHandle.result: job ${this.id} is dead; ${last?.name}: ${last?.message}`,
        { cause: last },
      )
    }
    throw new JobsError('UNKNOWN_JOB', `JobHandle.result: job ${this.id} is gone`)
  }

  /**
   * The job as it is, and again whenever it has changed, until it has ended.
   *
   * Cancellation: ends it. Leaving the loop does it too.
   *
   * @example
   * for await (const { state, progress } of handle.watch()) console.log(state, progress)
   */
  async *watch(): AsyncGenerator<JobInfo, void> {
    let last = ''
    for await (const _ of changes(this.#store)) {
      const info = await this.info()
      const shown = JSON.stringify(info)
      if (shown !== last) yield info
      last = shown
      if (hasEnded(info.state)) return
    }
  }

  /** What the job told last of its progress. */
  async progress(): Promise<unknown> {
    return (await this.info()).progress
  }

  /**
   * Cancels the job. One that waits is cancelled at once; one that runs is asked to end, and is `cancelled` when its cleanup has run:
   * `result` waits for that.
   *
   * @returns false when it had ended
   */
  async cancel(): Promise<boolean> {
    requireCapability('JobHandle.cancel', this.#store, 'cancel', 'this')
    const how = await this.#store.cancel(this.id)
    return how === 'cancelled' || how === 'asked'
  }

  get [Symbol.toStringTag](): string {
    return 'JobHandle'
  }
}
