import { isCancelled, now, timeout } from 'corral'
import type { CancelScope } from 'corral'
import { JobsError, PermanentError } from '../errors.ts'
import { failureOf } from '../job/failure.ts'
import { validated } from '../job/job.ts'
import type { Job, JobOptions } from '../job/job.ts'
import { fromJson, toJson } from '../job/json.ts'
import { keepDefault } from '../state/outcome.ts'
import type { Keeping, RunEnd } from '../state/outcome.ts'
import type { JobStore } from '../store/job-store.ts'
import type { ClaimedJob } from '../store/records.ts'
import { JobRun } from './job-run.ts'

/** A definition with its handler, whatever its input is. */
export type Handler = Job<unknown, unknown>

/**
 * Runs the handler of a job in a scope of its own.
 *
 * @returns how it ended; `finished` when it has ended itself in a transaction, undefined when it was cancelled from outside
 */
export async function perform(
  store: JobStore,
  handler: Handler,
  job: ClaimedJob,
  scope: CancelScope,
): Promise<RunEnd | 'finished' | undefined> {
  const options: JobOptions<unknown> = handler.options
  const run = new JobRun(store, job, keepOf(options), scope)
  try {
    const input = await validated(`job ${handler.name}`, options.schema, fromJson(job.payload))
    const act = async (): Promise<unknown> => await handler.handler?.(input, run)
    const value = await (options.timeout === undefined ? act() : timeout(options.timeout, act))
    if (run.finished) return 'finished'
    const result = value === undefined ? undefined : toJson(`job ${handler.name}: result`, value)
    return { how: 'returned', result }
  } catch (error) {
    if (run.finished) return 'finished'
    if (run.sleeps !== undefined && isCancelled(error)) return { how: 'sleeps', delay: run.sleeps }
    if (isCancelled(error)) throw error
    const failure = failureOf(error, job.attempt, now())
    return { how: 'threw', failure, permanent: isPermanent(error, options) }
  }
}

export function keepOf({ keep = {} }: JobOptions<unknown>): Keeping {
  return { done: keep.done ?? keepDefault.done, dead: keep.dead ?? keepDefault.dead }
}

/** Trying again would not help with an input of an older program, nor with a result that cannot be kept. */
function isPermanent(error: unknown, { shouldRetry }: JobOptions<unknown>): boolean {
  if (error instanceof PermanentError) return true
  if (error instanceof JobsError && permanent.has(error.code)) return true
  return shouldRetry?.(error) === false
}

const permanent: ReadonlySet<string> = new Set(['INVALID_INPUT', 'NOT_STORABLE', 'STEPS'])
