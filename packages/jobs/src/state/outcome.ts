import type { ClaimedJob, Failure, Outcome } from '../store/records.ts'

/** How the body of a job ended, as its worker saw it. */
export type RunEnd =
  | { readonly how: 'returned'; readonly result: string | undefined }
  | { readonly how: 'threw'; readonly failure: Failure; readonly permanent: boolean }
  /** Somebody asked for it, and its cleanup has run. */
  | { readonly how: 'cancelled' }
  /** It goes on later, where its steps left off. */
  | { readonly how: 'sleeps'; readonly delay: number }
  /** It was not begun, or its worker ends. */
  | { readonly how: 'given-back' }
  /** Its worker has died. */
  | { readonly how: 'lost'; readonly failure: Failure }

/** What the job's definition says of its end, in milliseconds. */
export interface Keeping {
  readonly done: number
  readonly dead: number
}

type Ending = Pick<Outcome, 'to'> & Partial<Outcome>

/** How many failures are kept with a job. */
const remembered = 10

/** What becomes of a job whose run has ended. `retryDelay` is how long the next attempt waits. */
export function outcomeOf(
  job: ClaimedJob,
  end: RunEnd,
  keep: Keeping,
  retryDelay: number = 0,
): Outcome {
  const { id, claim } = job
  const left = { id, claim, refund: false, delay: 0, result: undefined, failures: undefined }
  return { ...left, keep: keep.done, ...ending(job, end, keep, retryDelay) }
}

function ending(job: ClaimedJob, end: RunEnd, keep: Keeping, retryDelay: number): Ending {
  const { attempt, attempts, cancelAsked } = job
  switch (end.how) {
    case 'returned':
      return { to: 'done', result: end.result }
    case 'cancelled':
      return { to: 'cancelled' }
    case 'sleeps':
      return { to: 'later', delay: end.delay, refund: true }
    case 'given-back':
      return cancelAsked ? { to: 'cancelled' } : { to: 'ready', refund: true }
    case 'threw':
    case 'lost': {
      const failures = [...job.failures, end.failure].slice(-remembered)
      if (cancelAsked) return { to: 'cancelled', failures }
      const permanent = end.how === 'threw' && end.permanent
      if (permanent || attempt >= attempts) return { to: 'dead', failures, keep: keep.dead }
      // A worker's death is not the job's failure, as far as anybody knows: it is tried again at once.
      return retryDelay === 0
        ? { to: 'ready', failures }
        : { to: 'later', failures, delay: retryDelay }
    }
  }
}

/** How long a job is kept whose definition is not at hand, in milliseconds: cancelled from outside, its worker dead. */
export const keepDefault: Keeping = { done: 86_400_000, dead: 30 * 86_400_000 }

/** What becomes of a job whose worker has died: nobody knows how far it came. */
export function outcomeOfLoss(job: ClaimedJob, now: number): Outcome {
  const failure: Failure = {
    attempt: job.attempt,
    at: now,
    name: 'LostError',
    message: `its worker ${job.worker} died, or was silent for longer than its lease`,
    code: 'LOST',
    stack: undefined,
  }
  return outcomeOf(job, { how: 'lost', failure }, keepDefault)
}

/** Why a job is dead that has never begun. */
export function failureOfChild(child: string, state: string, now: number): Failure {
  const message = `job ${child}, which it waited for, is ${state}`
  return { attempt: 0, at: now, name: 'ChildError', message, code: 'CHILD', stack: undefined }
}
