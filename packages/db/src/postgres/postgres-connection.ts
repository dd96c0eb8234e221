import {
  Event,
  InternalError,
  Lock,
  isCancelled,
  moveOnAfter,
  shield,
  taskGroup,
  throwIfCancelled,
} from 'corral'
import { nameResource } from 'corral/lowlevel'
import type { Client } from 'pg'
import type { TransactionOptions } from '../database.ts'
import type { CopyRows, Result } from '../executor.ts'
import type { QueryLog } from '../query-log.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection, InTurn, OnCancel } from '../transaction/connection.ts'
import { fetchAll } from './cursor.ts'
import { Copy, CopyIn, CopyOut } from './copy.ts'
import { copyText } from './copy-text.ts'
import { encodeAll } from './encode.ts'
import type { Internals, Notified } from './internals.ts'
import { insteadOf, requireCopy, traitsOf } from './statement-traits.ts'
import { isStale, PreparedStatements } from './prepared-statements.ts'
import { cancelUntilEnded, requestCancel } from './request-cancel.ts'
import { serverError } from './server-error.ts'
import type { Shapes } from './statement-submission.ts'
import { StatementSubmission } from './statement-submission.ts'
import type { Submission } from './submission.ts'
import { ScriptSubmission } from './submission.ts'
import { Unanswered } from './unanswered.ts'

/**
 * One connection to a server, for one statement at a time.
 *
 * A cancelled statement is stopped on the server by a CancelRequest, sent over a socket of its own. That request names
 * the connection, not the statement: if it arrives late, it hits the next statement, which may be somebody else's. So
 * the connection is not reused before both are true: the server has closed every requesting socket (by then the signal
 * was sent) and is ready for the next statement (by then the signal has hit or come too late). A request that arrives
 * before the server has begun the statement hits nothing, so it is sent again. If all that takes longer than the grace,
 * the connection is destroyed.
 */
export class PostgresConnection implements Connection {
  alive = true
  readonly #client: Client
  readonly #wire: Internals
  /** How long the server has to answer during shutdown, in milliseconds. */
  readonly grace: number
  readonly leftover: Connection['leftover'] = insteadOf
  readonly #log: QueryLog
  readonly #shapes: Shapes
  readonly #gone = new Event()
  readonly #unanswered: Unanswered
  /** Sends cancel requests to the server, one at a time. */
  readonly #asking = new Lock()
  readonly #prepared = new PreparedStatements()
  readonly #request: typeof requestCancel
  #failure: unknown

  /**
   * @param client not connected yet
   * @param request how it asks the server to stop what it is running
   */
  constructor(
    client: Client,
    grace: number,
    log: QueryLog,
    shapes: Shapes,
    request: typeof requestCancel = requestCancel,
  ) {
    nameResource('openPostgres', this, { name: 'postgres' })
    this.#client = client
    this.#wire = client as unknown as Internals
    this.grace = grace
    this.#log = log
    this.#shapes = shapes
    this.#request = request
    const lost = (error: unknown): void => {
      this.#failure ??= error
      this.alive = false
    }
    this.#unanswered = new Unanswered(this.#wire.connection, lost)
    // An error without a listener would crash the process; `end` follows each.
    client.on('error', lost)
  }

  /** Listens behind pg's own listeners. Called once pg has its. */
  listen(): void {
    this.#wire.connection.once('readyForQuery', () => this.#unanswered.takeOver())
    this.#wire.connection.once('end', () => {
      this.alive = false
      this.#unanswered.end(this.#failure ?? new Error('the connection ended'))
      this.#gone.set()
    })
  }

  /** The status in the last ReadyForQuery: idle, in a transaction, in a failed one. */
  get status(): 'I' | 'T' | 'E' {
    return this.#unanswered.status
  }

  /** What was sent and is not answered yet, in order. */
  get unanswered(): Iterable<Submission> & { readonly size: number } {
    return this.#unanswered
  }

  get processId(): number {
    return this.#wire.processID
  }

  async execute(api: string, statement: Sql, onCancel?: OnCancel): Promise<Result> {
    const values = encodeAll(statement.values)
    if (traitsOf(statement).isCopy && values.length === 0) {
      const { count } = await this.submit(api, new Copy(this, statement.text), onCancel)
      return { columns: [], rows: [], count }
    }
    const inTransaction = this.status !== 'I'
    const submission = new StatementSubmission(this, statement.text, values, this.#shapes)
    submission.begin(this.#prepared)
    try {
      await this.submit(api, submission, onCancel)
    } catch (error) {
      if (!submission.isPrepared || !isStale(error, this.#shapes)) throw error
      this.forgetPrepared()
      // Nothing has happened; but inside a transaction, the transaction has failed with it.
      if (inTransaction) throw error
      return await this.execute(api, statement, onCancel)
    } finally {
      if (traitsOf(statement).forgets) this.forgetPrepared()
    }
    return submission.result
  }

  async script(api: string, text: string): Promise<Result> {
    const { count } = await this.submit(api, new ScriptSubmission(this, text))
    this.forgetPrepared() // it may have said so
    return { columns: [], rows: [], count }
  }

  /**
   * Sends a submission and waits for its outcome, and for the server to be ready.
   *
   * Cancellation: returns when it has stopped on the server, or the connection was destroyed. With `finish` it
   * continues, and its outcome is thrown or returned regardless.
   */
  async submit<S extends Submission>(
    api: string,
    submission: S,
    onCancel: OnCancel = 'stop',
  ): Promise<S> {
    this.#start(api, submission)
    try {
      await submission.ended()
    } catch (error) {
      if (!isCancelled(error)) throw error
      await shield(() => (onCancel === 'stop' ? this.stop(submission) : this.#finish(submission)))
      if (onCancel === 'stop') throw error
    }
    return this.#outcome(api, submission)
  }

  /** Sends a statement, possibly behind others, in one packet with those sent in the same turn. */
  send(submission: StatementSubmission): void {
    submission.begin(this.#prepared)
    this.#unanswered.send(submission)
  }

  /** The server knows none of them, or only outdated ones. */
  forgetPrepared(): void {
    this.#prepared.clear()
  }

  /**
   * Sends rows to a `copy ... from stdin`.
   *
   * Cancellation: the server discards what it has, and confirms it. Between rows it can be told only by ending the
   * copy; while it works, only by a cancel request. The source of the rows is awaited after that.
   */
  async copyFrom(api: string, query: Sql, rows: CopyRows): Promise<Result> {
    const copy = new CopyIn(this, requireCopy(api, query))
    this.#start(api, copy)
    try {
      await taskGroup(async (group) => {
        try {
          await copy.begun.wait()
          // The server may fail while no row is available.
          const sending = group.spawn(() => copy.send(copyText(query, rows)))
          await copy.ended()
          sending.cancel()
        } finally {
          copy.abandon() // at once: the source of the rows may take its time to end
        }
      })
    } catch (error) {
      await shield(() => this.stop(copy))
      throw error
    }
    const { count } = this.#outcome(api, copy)
    copy.requireAsked(api)
    return { columns: [], rows: [], count }
  }

  /** The output of a `copy ... to stdout`, as it arrives. Leaving the loop stops it. */
  async *copyTo(api: string, query: Sql): AsyncGenerator<Uint8Array, void> {
    const copy = new CopyOut(this, requireCopy(api, query), this.#wire.connection.stream)
    this.#start(api, copy)
    try {
      for (;;) {
        copy.changed.clear()
        const chunk = copy.take()
        if (chunk !== undefined) yield chunk
        else if (copy.done) break
        else await copy.changed.wait()
      }
      this.#outcome(api, copy)
      copy.requireAsked(api)
    } finally {
      copy.discard()
      if (!copy.done) await shield(() => this.stop(copy))
    }
  }

  /** Reports notifications on the channels that it listens to. */
  onNotification(tell: (message: Notified) => void): void {
    this.#wire.on('notification', tell)
  }

  onEnd(tell: () => void): void {
    this.#wire.connection.once('end', tell)
  }

  begin({ isolation, readOnly = false }: TransactionOptions): Sql {
    const level = isolation === undefined ? '' : ` isolation level ${isolation}`
    return sql`begin${sql.raw(level + (readOnly ? ' read only' : ''))}`
  }

  fetch(api: string, query: Sql, batch: number, inTurn: InTurn): AsyncGenerator<Result, void> {
    return fetchAll(this, api, query, batch, inTurn)
  }

  /** Ends an abandoned transaction. False if that failed and the connection is unusable. */
  rollback(): Promise<boolean> {
    return shield(async () => {
      if (this.alive && this.status !== 'I') {
        try {
          await moveOnAfter(this.grace, () => this.execute('rollback', sql`rollback`))
        } catch (error) {
          if (isCancelled(error)) throw error // otherwise its status tells the outcome
        }
      }
      if (this.alive && this.status === 'I') return true
      await this.destroy()
      return false
    })
  }

  /** Resets what was set for this connection alone. Run under a shield. */
  async reset(): Promise<void> {
    if (!this.alive) return
    try {
      await this.execute('Database.session', sql`discard all`)
    } catch (error) {
      if (isCancelled(error)) throw error
      await this.destroy()
    }
  }

  /** Ends it politely. Run under a shield. */
  async close(): Promise<void> {
    if (this.alive && this.#unanswered.size === 0) {
      this.alive = false
      void this.#client.end().catch(() => undefined)
      await moveOnAfter(this.grace, () => this.#gone.wait())
    }
    await this.destroy()
  }

  /** Ends it at once, whatever the server does. Run under a shield. */
  async destroy(): Promise<void> {
    this.alive = false
    if (this.#gone.isSet) return
    this.#log.destroyed += 1
    this.#wire.connection.stream.destroy()
    await this.#gone.wait()
  }

  get [Symbol.toStringTag](): string {
    return `PostgreSQL connection ${this.processId}`
  }

  /**
   * Stops it on the server, or destroys the connection if that takes longer than the grace. Run under a shield.
   *
   * A request stops whatever the server is running: perhaps something sent earlier.
   */
  async stop(submission: Submission): Promise<void> {
    this.#log.cancels += 1
    const stopped = await moveOnAfter(this.grace, () =>
      this.#asking.use(() =>
        cancelUntilEnded(submission, this.#wire, this.#unanswered.changed, this.#request),
      ),
    )
    if (stopped.timedOut) await this.destroy()
  }

  #start(api: string, submission: Submission): void {
    throwIfCancelled()
    if (!this.alive) throw serverError(api, this.#failure, 'CONNECTION_LOST')
    if (this.#unanswered.size > 0) throw new InternalError(`${api}: the connection is in use`)
    this.#unanswered.send(submission)
  }

  #outcome<S extends Submission>(api: string, submission: S): S {
    if (submission.error === undefined) return submission
    throw serverError(api, submission.error, this.alive ? undefined : 'CONNECTION_LOST')
  }

  async #finish(submission: Submission): Promise<void> {
    const finished = await moveOnAfter(this.grace, () => submission.ended())
    if (finished.timedOut) await this.destroy()
  }
}
