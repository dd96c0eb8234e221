/**
 * Where a job is:
 *
 *              add                  claim                 settle, by its owner
 *   blocked ─────────> ready ─────────────────> running ──────────────────────> done
 *      │     children    ^  ^                     │ │
 *      │     are done    │  └── given back, lost ─┘ ├──────────────────────────> dead
 *      │                 │ its time has come        │ failed, sleeps
 *      │               later <──────────────────────┤
 *      └──────────────────┴─────────────────────────┴──────────────────────────> cancelled
 *
 * A child that dies or is cancelled makes its blocked parent dead. `retry` makes what is dead or cancelled ready.
 */
export type JobState = 'blocked' | 'ready' | 'later' | 'running' | 'done' | 'dead' | 'cancelled'

export const jobStates: readonly JobState[] = [
  'blocked',
  'ready',
  'later',
  'running',
  'done',
  'dead',
  'cancelled',
]

/** Which states may follow which. A store that moves a job in another way is wrong. */
export const moves: Readonly<Record<JobState, readonly JobState[]>> = {
  blocked: ['ready', 'later', 'dead', 'cancelled'],
  later: ['ready', 'cancelled'],
  ready: ['running', 'cancelled'],
  running: ['ready', 'later', 'done', 'dead', 'cancelled'],
  done: [],
  dead: ['ready'],
  cancelled: ['ready'],
}

/** It will not go on by itself. */
export function hasEnded(state: JobState): boolean {
  return state === 'done' || state === 'dead' || state === 'cancelled'
}
