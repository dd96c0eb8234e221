import { throwIfCancelled } from 'corral'
import { currentJob } from './current-job.ts'

/**
 * Throws when the caller no longer wants the result: for loops that compute and wait for nothing. Call
 * it every millisecond or so: it costs some 30 ns, waits for nothing and lets nothing in between.
 * Waits of corral in a thread are checkpoints by themselves. Outside a pool's thread it is `throwIfCancelled`.
 *
 * Cancellation: throws `Cancelled`, from then on each time. A function that does not come to one in time
 * is ended together with its thread.
 *
 * @throws Cancelled
 */
export function checkpoint(): void {
  currentJob()?.look()
  throwIfCancelled()
}
