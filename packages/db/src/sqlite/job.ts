import { Exchange } from '../exchange.ts'
import type { SqliteWorker } from './sqlite-worker.ts'
import type { Outcome, SqliteValue } from './worker/protocol.ts'

/** The state of a job: queued, with a worker, finished, or given up before it started. */
export type Stage = 'queued' | 'sent' | 'over'

/** One statement on its way to a worker and back. */
export class Job extends Exchange<Outcome> {
  stage: Stage = 'queued'
  /** Its number in the queue, in order of arrival. */
  order = 0
  readonly text: string
  readonly values: readonly SqliteValue[]
  /** The worker that has it. */
  worker: SqliteWorker | undefined
  /** Where it is told that it is no longer wanted: see `cellOf`. */
  cell: number | undefined
  /** It is one of a batch, among which it waits for its turn. */
  shared = false
  /** Its result is no longer wanted. */
  cancelled = false
  /** How often a worker ended while running it, for any reason. */
  losses = 0

  constructor(owner: object, text: string, values: readonly SqliteValue[] = []) {
    super(owner)
    this.text = text
    this.values = values
  }

  settle(outcome: Outcome): void {
    if (this.stage === 'over') return
    this.stage = 'over'
    this.note(undefined, outcome)
    this.end()
  }

  fail(error: unknown): void {
    if (this.stage === 'over') return
    this.stage = 'over'
    this.end(error)
  }
}

/** A reserved worker. */
export class Claim extends Exchange<SqliteWorker> {
  stage: Stage = 'queued'
  /** Its number in the queue, in order of arrival. */
  order = 0

  grant(worker: SqliteWorker): void {
    this.stage = 'over'
    this.note(undefined, worker)
    this.end()
  }

  fail(error: unknown): void {
    if (this.stage === 'over') return
    this.stage = 'over'
    this.end(error)
  }
}
