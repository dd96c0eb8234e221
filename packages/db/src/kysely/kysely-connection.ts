import { CancelScope } from 'corral'
import { currentScope, requireCount } from 'corral/lowlevel'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { TransactionOptions } from '../database.ts'
import type { EngineDatabase } from '../engine-database.ts'
import { asObjects } from '../executor.ts'
import type { Result } from '../executor.ts'
import { sql } from '../sql/sql.ts'
import { Sql } from '../sql/statement.ts'
import type { Borrowed } from '../transaction/connection.ts'
import { requireClean } from '../transaction/require-clean.ts'

const api = 'Kysely'
const commit: Sql = sql`commit`

/** A connection as Kysely sees it; it holds a real one only in a transaction. */
export class KyselyConnection implements DatabaseConnection {
  readonly #db: EngineDatabase
  #held: Borrowed | undefined
  #scope: ReturnType<typeof currentScope> | undefined

  constructor(db: EngineDatabase) {
    this.#db = db
  }

  /** Its transaction was begun in a scope that has ended: nobody is left to end it. */
  get isAbandoned(): boolean {
    return this.#scope?.closed === true
  }

  async begin(options: TransactionOptions): Promise<void> {
    this.#scope = currentScope()
    this.#held = await this.#db.borrow(api, options.readOnly)
    this.#db.byHand.add(this)
    const { connection } = this.#held
    await this.#send(connection.begin(options))
  }

  /** Run under a shield. */
  async commit(): Promise<void> {
    await this.#send(commit)
  }

  /** Run under a shield. */
  async rollback(): Promise<void> {
    await this.#held?.connection.rollback()
  }

  /** Run under a shield. */
  async release(): Promise<void> {
    this.#db.byHand.delete(this)
    await this.#held?.giveBack()
    this.#held = undefined
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
  ): AsyncGenerator<QueryResult<R>, void> {
    requireCount(`${api}: the chunk size of a stream`, chunkSize)
    const statement = Sql.compiled(compiled.sql, compiled.parameters)
    const { log } = this.#db
    const results =
      this.#held === undefined
        ? this.#db.read(api, statement, chunkSize)
        : this.#held.connection.fetch(api, statement, chunkSize, (each, act) =>
            log.observe(each, act),
          )
    for await (const result of results) yield resultOf<R>(result, false)
  }

  #send(statement: Sql): Promise<Result> {
    const held = this.#held
    if (held === undefined) return this.#db.run(api, statement)
    requireClean(api, held.connection, statement)
    return this.#db.log.observe(statement, () => held.connection.execute(api, statement))
  }
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
