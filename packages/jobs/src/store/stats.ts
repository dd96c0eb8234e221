import { jobStates } from '../state/job-state.ts'
import type { JobState } from '../state/job-state.ts'

/** How many jobs there are in each state. */
export function countsOf(
  counted: Iterable<readonly [state: JobState, count: number]>,
): Record<JobState, number> {
  const counts = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<
    JobState,
    number
  >
  for (const [state, count] of counted) counts[state] += count
  return counts
}
