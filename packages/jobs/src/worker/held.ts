import { CancelScope, now } from 'corral'
import type { RunEnd } from '../state/outcome.ts'
import type { ClaimedJob } from '../store/records.ts'

/** A job in hand, from its claim until it is settled. */
export interface Held {
  readonly job: ClaimedJob
  readonly scope: CancelScope
  readonly claimedAt: number
  begunAt: number | undefined
  /** Why its scope was cancelled from here. */
  reason: 'asked' | 'lost' | 'stops' | undefined
}

/** A job that was just claimed. */
export function heldOf(job: ClaimedJob): Held {
  const scope = new CancelScope({ name: `job ${job.id}` })
  return { job, scope, claimedAt: now(), begunAt: undefined, reason: undefined }
}

/** Cancels it from here; the first reason counts. */
export function cancel(held: Held, reason: 'asked' | 'lost' | 'stops'): void {
  held.reason ??= reason
  held.scope.cancel(reasons[reason])
}

const reasons = {
  asked: 'the job was cancelled',
  lost: 'the lease is lost',
  stops: 'the worker stops',
}

/** How one ended that was cancelled, here or with the whole worker. */
export function endOf({ reason }: Held): RunEnd | 'lost' {
  if (reason === 'lost') return 'lost'
  return reason === 'asked' ? { how: 'cancelled' } : { how: 'given-back' }
}
