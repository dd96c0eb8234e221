import { UnrecoverableError, type Job } from 'bullmq'
import type { Failure, Outcome } from '../store/records.ts'
import { traceOf } from './bull-record.ts'

/** A run of a job that somebody holds. */
export interface BullRun {
  readonly job: Job
  /** What BullMQ fences it by: its worker, and its claim. */
  readonly token: string
  readonly asked: boolean
}

/** What BullMQ says when a job is no longer this run's: it is gone, its lock is another's, it is not running. */
const foreign: ReadonlySet<unknown> = new Set([-1, -2, -3, -6])

/** Moves a job to where its run has ended. @returns false when it was no longer the run's */
export async function settleRun(
  { job, token, asked }: BullRun,
  outcome: Outcome,
): Promise<boolean> {
  try {
    await move(job, token, asked, outcome)
    return true
  } catch (error) {
    if (foreign.has((error as { code?: unknown }).code)) return false
    throw error
  }
}

async function move(job: Job, token: string, asked: boolean, outcome: Outcome): Promise<void> {
  const { refund, delay, failures, result, keep } = outcome
  const to = asked && (outcome.to === 'ready' || outcome.to === 'later') ? 'cancelled' : outcome.to
  const backoff = { type: 'fixed', delay }
  // It decides by its options of how much is to be kept, and whether to try again: here each outcome has its own.
  job.opts = { ...job.opts, removeOnComplete: keep <= 0, removeOnFail: keep <= 0, backoff }
  job.opts.attempts = Number.MAX_SAFE_INTEGER
  const failure = failureOf(job, failures)
  switch (to) {
    case 'done':
      await job.moveToCompleted(
        result === undefined || result === '' ? null : (JSON.parse(result) as unknown),
        token,
        false,
      )
      break
    case 'dead':
      await job.moveToFailed(unrecoverable(failure.message, failure.stack), token)
      break
    case 'cancelled':
      await job.moveToFailed(unrecoverable('cancelled', failures && failure.stack), token)
      break
    case 'ready':
      if (refund) await job.moveToWait(token)
      else await tryAgain(job, failure, token)
      break
    case 'later':
      if (refund) await job.moveToDelayed(Date.now() + delay, token)
      else await job.moveToFailed(failure, token)
  }
}

/** The last failure as an error whose stack BullMQ adds to those before. */
function failureOf(job: Job, failures: readonly Failure[] | undefined): Error {
  const last = failures?.at(-1)
  if (failures === undefined || last === undefined) return Object.assign(new Error(), { stack: '' })
  job.stacktrace = failures.slice(0, -1).map(traceOf)
  const error = new Error(last.message)
  error.stack = traceOf(last)
  return error
}

/** What BullMQ retries goes behind all others; ours keeps its place, as near as there is: before those of its priority. */
async function tryAgain(job: Job, failure: Error, token: string): Promise<void> {
  await job.moveToFailed(failure, token)
  const { priority = 0 } = job.opts
  // Somebody may have taken it already.
  await job.changePriority({ priority, lifo: true }).catch(() => {})
}

function unrecoverable(message: string, stack: string | undefined): Error {
  return Object.assign(new UnrecoverableError(message), { stack: stack ?? '' })
}
