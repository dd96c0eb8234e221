import { interval, merge, stream } from 'corral'
import type { JobStore } from './job-store.ts'

/**
 * Comes at once, and then whenever something may have changed: as the store hints, and from time to time. What comes
 * while nobody looks comes once.
 *
 * Cancellation: ends it. Leaving the loop does it too.
 */
export function changes(store: JobStore): AsyncIterable<unknown> {
  return stream<unknown>(merge(store.hints(), [undefined], interval(store.pace))).conflate()
}
