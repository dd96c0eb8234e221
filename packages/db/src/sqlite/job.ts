import { Exchange } from '../exchange.ts'
import type { SqliteWorker } from './sqlite-worker.ts'
import type { Outcome, SqliteValue } from './worker/protocol.ts'

/** Where something that was asked for is: in line, with a worker, over, or given up before it began. */
export type Stage = 'queued' | 'sent' | 'over'

/** One statement on its way to a worker and back. */
export class Job extends Exchange<Outcome> {
  stage: Stage = 'queued'
  readonly text: string
  readonly values: readonly SqliteValue[]
  /** Who has it; of its batch it is number `place`. */
  worker: SqliteWorker | undefined
  place = 0
  /** Nobody waits for what it gives. */
  cancelled = false
  /** How often a worker ended under it, for whatever reason. */
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

/** A worker for oneself. */
export class Claim extends Exchange<SqliteWorker> {
  stage: Stage = 'queued'

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
