import { currentScope, systemRuntime } from 'corral/lowlevel'

/** Something that has work to do when this turn of the event loop is over. */
export interface TurnJob {
  endTurn(): void
}

let jobs: TurnJob[] = []

/** Has `job` called once all that can be read now has been read: what is sent until then leaves together. */
export function atTurnEnd(job: TurnJob): void {
  if (jobs.push(job) > 1) return
  // In a test run no time passes: the turn is over when nobody has anything to do.
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
