import { CorralError } from 'corral'

/**
 * What went wrong, in one word; part of the API.
 *
 *   UNSUPPORTED      the store cannot do what was asked: its message names the capability
 *   UNKNOWN_JOB      there is no job of that id, or it was removed when its time to be kept was over
 *   JOB_DEAD         `result()` of a job whose attempts all failed: `cause` has the last failure
 *   JOB_CANCELLED    `result()` of a job that was cancelled, or that expired before it began
 *   LOST             the job is no longer this worker's: the lease ran out, and what it writes is refused
 *   STEPS            a step has the name of another, or the steps come in another order than those recorded
 *   NOT_STORABLE     an input, a result or a step's value is not JSON, or is too large
 *   INVALID_INPUT    the input does not match the job's schema
 *   CRON             an expression that cannot be read, that never comes, or an unknown time zone
 *   STORE_VERSION    the tables were made by a newer version
 *   OTHER_DATABASE   a transaction of another database than the one that the jobs are in
 */
export type JobsErrorCode =
  | 'UNSUPPORTED'
  | 'UNKNOWN_JOB'
  | 'JOB_DEAD'
  | 'JOB_CANCELLED'
  | 'LOST'
  | 'STEPS'
  | 'NOT_STORABLE'
  | 'INVALID_INPUT'
  | 'CRON'
  | 'STORE_VERSION'
  | 'OTHER_DATABASE'

/** What background jobs could not do. */
export class JobsError extends CorralError {
  declare readonly code: JobsErrorCode

  static {
    this.prototype.name = 'JobsError'
  }
}

/**
 * Thrown by a job that will not succeed however often it is tried: it is dead at once, whatever attempts are left.
 *
 * @example
 * if (user === undefined) throw new PermanentError(`there is no user ${id}`)
 */
export class PermanentError extends CorralError {
  declare readonly code: 'PERMANENT'

  constructor(message: string, options?: ErrorOptions) {
    super('PERMANENT', message, options)
  }

  static {
    this.prototype.name = 'PermanentError'
  }
}
