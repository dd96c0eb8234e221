import { currentScope, systemRuntime } from 'corral/lowlevel'

/** Has work to do at the end of this turn of the event loop. */
export interface TurnJob {
  endTurn(): void
}

let jobs: TurnJob[] = []

/** Calls `job` once everything readable now has been read: what is sent until then leaves together. */
export function atTurnEnd(job: TurnJob): void {
  if (jobs.push(job) > 1) return
  // In a test run no time passes: the turn is over when no task is ready.
  if (currentScope().runtime === systemRuntime) setImmediate(endTurn)
  else queueMicrotask(endTurn)
}

/** Ends the turn now. */
export function endTurn(): void {
  while (jobs.length > 0) {
    const due = jobs
    jobs = []
    for (const job of due) job.endTurn()
  }
}
