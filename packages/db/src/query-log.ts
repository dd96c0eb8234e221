import { channel } from 'node:diagnostics_channel'
import { isCancelled, now } from 'corral'
import type { Result } from './executor.ts'

/** A finished statement, for metrics and logs. */
export interface QueryEvent {
  readonly text: string
  /** From sending it until the database was ready again. */
  readonly ms: number
  /** Number of rows changed or returned. */
  readonly count: number | undefined
  /** The error thrown: a `DatabaseError`, or `Cancelled`. */
  readonly error: unknown
  /** PostgreSQL's plan, for statements that took longer than `explainAfter`. */
  readonly plan: string | undefined
}

/** Each finished statement as a `QueryEvent`, for tools that know `node:diagnostics_channel`. */
const finished = channel('corral:db.query')

/** Counts the statements of a database, and reports each. */
export class QueryLog {
  queries = 0
  errors = 0
  cancels = 0
  destroyed = 0
  readonly #onQuery: ((event: QueryEvent) => void) | undefined

  constructor(onQuery?: (event: QueryEvent) => void) {
    this.#onQuery = onQuery
  }

  async observe(statement: { readonly text: string }, act: () => Promise<Result>): Promise<Result> {
    const told = this.#onQuery !== undefined || finished.hasSubscribers
    const since = told ? now() : 0
    let count: number | undefined
    let plan: string | undefined
    let failure: unknown
    this.queries += 1
    try {
      const result = await act()
      ;({ count, plan } = result)
      return result
    } catch (error) {
      failure = error
      if (!isCancelled(error)) this.errors += 1
      throw error
    } finally {
      if (told) this.#tell({ text: statement.text, ms: now() - since, count, error: failure, plan })
    }
  }

  #tell(event: QueryEvent): void {
    this.#onQuery?.(event)
    if (finished.hasSubscribers) finished.publish(event)
  }
}
