import { CancelScope, Event, MisuseError, moveOnAfter, shield } from 'corral'
import { currentScope, requireCount } from 'corral/lowlevel'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { TransactionOptions } from '../database.ts'
import type { EngineDatabase } from '../engine-database.ts'
import { asObjects } from '../executor.ts'
import type { Result } from '../executor.ts'
import { Sql } from '../sql/statement.ts'
import { commit } from '../transaction/attempt-transaction.ts'
import type { Act, Borrowed, Connection } from '../transaction/connection.ts'
import { requireClean } from '../transaction/require-clean.ts'

const api = 'Kysely'

/** A connection as Kysely sees it; it holds a real one only in a transaction. */
export class KyselyConnection implements DatabaseConnection {
  readonly #db: EngineDatabase
  #held: Borrowed | undefined
  #task: ReturnType<typeof currentScope>['task']
  /**
   * Its transaction: none yet, begun, about to end, ended. `over` once Kysely has given the connection back, which it
   * does when its own callback returns.
   */
  #state: 'none' | 'begun' | 'ending' | 'ended' | 'over' = 'none'
  /** How many statements of the transaction run. Kysely sends one at a time, but it ends the transaction beside them. */
  #running = 0
  readonly #rested = new Event()

  constructor(db: EngineDatabase) {
    this.#db = db
  }

  /** The task that began its transaction has ended, or is the one that asks: nobody is left to end it. */
  get isAbandoned(): boolean {
    const task = this.#task
    return task !== undefined && (task.scope.closed || task === currentScope().task)
  }

  async begin(options: TransactionOptions): Promise<void> {
    this.#task = currentScope().task
    this.#held = await this.#db.borrow(api, options.readOnly)
    this.#db.byHand.add(this)
    this.#state = 'begun'
    const { connection } = this.#held
    const begin = connection.begin(options)
    await this.#run(begin, () => connection.execute(api, begin))
  }

  /**
   * Afterwards it is over, whatever came of it.
   *
   * Cancellation: before COMMIT is sent, it is rolled back; then its outcome is waited for, for up to the grace.
   *
   * @throws MisuseError when something in it was not awaited, which may be half of it
   */
  async commit(): Promise<void> {
    const held = this.#held
    if (held === undefined) throw over()
    await drained() // a statement called just before is on its way through Kysely
    this.#state = 'ending'
    try {
      if (this.#running > 0) {
        throw new MisuseError(
          `${api}: a statement of the transaction had not ended when it returned; await each of them`,
        )
      }
      await commit(held.connection, this.#db.log, api)
    } catch (error) {
      await shield(() => this.#end())
      throw error
    }
    await shield(() => this.#finish())
  }

  /** Run under a shield. */
  async rollback(): Promise<void> {
    await this.#finish()
  }

  /** Run under a shield. */
  async release(): Promise<void> {
    this.#state = 'over'
    await this.#end()
  }

  async #finish(): Promise<void> {
    await this.#end()
    if (this.#state === 'ending') this.#state = 'ended'
  }

  async #end(): Promise<void> {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    if (this.#state !== 'over') this.#state = 'ending'
    this.#db.byHand.delete(this)
    const rested = await moveOnAfter(held.connection.grace, () => this.#rest())
    if (rested.timedOut) await held.connection.destroy()
    await held.giveBack()
  }

  async #rest(): Promise<void> {
    while (this.#running > 0) {
      this.#rested.clear()
      await this.#rested.wait()
    }
  }

  async executeQuery<R>(
    compiled: CompiledQuery,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<QueryResult<R>> {
    const statement = Sql.compiled(compiled.sql, compiled.parameters)
    const result = await withSignal(signal, () => this.#send(statement))
    return resultOf<R>(result, compiled.query.kind !== 'SelectQueryNode')
  }

  async *streamQuery<R>(
    compiled: CompiledQuery,
    chunkSize: number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<QueryResult<R>, void> {
    requireCount(`${api}: the chunk size of a stream`, chunkSize)
    const statement = Sql.compiled(compiled.sql, compiled.parameters)
    const connection = await this.#reserved()
    await using results =
      connection === undefined
        ? this.#db.read(api, statement, chunkSize)
        : connection.fetch(api, statement, chunkSize, (each, act) => this.#run(each, act))
    for (;;) {
      const next = await withSignal(signal, () => results.next())
      if (next.done === true) return
      yield resultOf<R>(next.value, false)
    }
  }

  async #send(statement: Sql): Promise<Result> {
    const connection = await this.#reserved()
    if (connection === undefined) return await this.#db.run(api, statement)
    requireClean(api, connection, statement)
    return await this.#run(statement, () => connection.execute(api, statement))
  }

  /** @throws MisuseError for what comes after the end of its transaction: it would run outside of it */
  async #reserved(): Promise<Connection | undefined> {
    if (this.#state === 'ended') await drained() // where Kysely gives it back, it has done so then
    if (this.#state === 'ending' || this.#state === 'over') throw over()
    return this.#held?.connection
  }

  async #run(statement: { readonly text: string }, act: Act): Promise<Result> {
    if (this.#state !== 'begun') throw over()
    this.#running += 1
    try {
      return await this.#db.log.observe(statement, act)
    } finally {
      this.#running -= 1
      if (this.#running === 0) this.#rested.set()
    }
  }
}

function over(): MisuseError {
  return new MisuseError(`${api}: the transaction is over; await what it does in it`)
}

/** Waits for what is called already, and waits for nothing. */
async function drained(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve))
}

function resultOf<R>(result: Result, changes: boolean): QueryResult<R> {
  const rows = asObjects<R & object>(api, result)
  if (!changes) return { rows }
  const numAffectedRows = BigInt(result.count)
  if (result.insertId === undefined) return { rows, numAffectedRows }
  return { rows, numAffectedRows, insertId: BigInt(result.insertId) }
}

/** @throws the signal's reason, once the statement has stopped */
async function withSignal<T>(signal: AbortSignal | undefined, fn: () => Promise<T>): Promise<T> {
  if (signal === undefined) return await fn()
  signal.throwIfAborted()
  const scope = new CancelScope()
  const cancel = (): void => scope.cancel(signal.reason)
  signal.addEventListener('abort', cancel)
  try {
    const result = await scope.run(fn)
    if (scope.cancelledCaught) throw signal.reason
    return result as T
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
