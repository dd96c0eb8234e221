import { MisuseError } from 'corral'
import { refuse, requireCount } from 'corral/lowlevel'
import { DatabaseError } from './errors.ts'
import { Sql } from './sql/statement.ts'

/** A row as an object; values as in the table of types. */
export type Row = Record<string, unknown>

export interface Result {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
  /** Number of rows changed or returned. */
  readonly count: number
  /** The query plan, if requested. */
  readonly plan?: string | undefined
  /** The key of the last inserted row, on SQLite. */
  readonly insertId?: number | bigint | undefined
}

/** A row, or a chunk of the text (or binary format) that COPY reads. */
export type CopyRow = readonly unknown[] | string | Uint8Array
export type CopyRows = Iterable<CopyRow> | AsyncIterable<CopyRow>

export interface StreamOptions {
  /** How many rows are fetched at a time; the server produces no more until they are taken. Default 500. */
  readonly batch?: number
}

/**
 * Runs statements: a database, a session, a transaction.
 *
 * Cancellation, of every method: when it throws, the statement has stopped on the server, or its connection was
 * destroyed because the server did not answer within `grace`.
 */
export abstract class Executor {
  /** The prefix of error messages. */
  protected abstract readonly name: string
  protected abstract send(api: string, statement: Sql): Promise<Result>
  protected abstract open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void>

  protected abstract copyIn(api: string, query: Sql, rows: CopyRows): Promise<Result>
  protected abstract copyOut(api: string, query: Sql): AsyncGenerator<Uint8Array, void>

  /**
   * All rows. You declare the type; it is not checked.
   *
   * @throws DatabaseError
   * @example
   * const users = await db.query<{ id: number; name: string }>(sql`select id, name from users where age > ${18}`)
   */
  async query<T extends object = Row>(query: Sql): Promise<T[]> {
    return asObjects<T>('query', await this.#send('query', query))
  }

  /**
   * The only row of the result.
   *
   * @throws DatabaseError NO_ROWS or TOO_MANY_ROWS unless there is exactly one
   */
  async one<T extends object = Row>(query: Sql): Promise<T> {
    const rows = await this.#atMostOne<T>('one', query)
    return rows[0] ?? missing(this.#api('one'))
  }

  /**
   * The row, or undefined when there is none.
   *
   * @throws DatabaseError TOO_MANY_ROWS
   */
  async maybeOne<T extends object = Row>(query: Sql): Promise<T | undefined> {
    return (await this.#atMostOne<T>('maybeOne', query))[0]
  }

  /**
   * The first column of the only row of the result.
   *
   * @throws DatabaseError NO_ROWS or TOO_MANY_ROWS when there is another number
   */
  async value<T = unknown>(query: Sql): Promise<T> {
    const { rows } = await this.#send('value', query)
    if (rows.length > 1) tooMany(this.#api('value'), rows.length)
    const row = rows[0] ?? missing(this.#api('value'))
    return row[0] as T
  }

  /**
   * Runs a statement and returns the number of rows changed, not the rows.
   *
   * @throws DatabaseError
   */
  async execute(query: Sql): Promise<{ count: number }> {
    const { count } = await this.#send('execute', query)
    return { count }
  }

  /**
   * The rows of a `select` or `values`, fetched on demand through a server-side cursor: memory stays flat. On a
   * database it reserves a connection, in a transaction of its own, until the loop is left; in a session, outside a
   * transaction, PostgreSQL first stores the whole result on the server.
   *
   * Cancellation: stops the fetch on the server. Leaving the loop, in any way, closes the cursor.
   *
   * @throws DatabaseError
   * @example
   * for await (const { id } of db.stream<{ id: number }>(sql`select id from events`)) console.log(id)
   */
  async *stream<T extends object = Row>(
    query: Sql,
    { batch = 500 }: StreamOptions = {},
  ): AsyncGenerator<T, void> {
    const api = this.#api('stream')
    requireSql(api, query)
    requireCount(`${api}: batch`, batch)
    for await (const result of this.open(api, query, batch)) yield* asObjects<T>(api, result)
  }

  /**
   * Sends rows to a PostgreSQL `copy ... from stdin`: about ten times as fast as inserts. Afterwards all of them are
   * there, or none. Rows are lists of values, or chunks of what the statement reads, such as CSV, as text or bytes. With
   * an option that changes the format only chunks, with one that names an encoding only bytes.
   *
   * Cancellation, or an error from `rows`: the server discards what it was sent.
   *
   * @throws DatabaseError
   * @throws MisuseError on SQLite
   * @example
   * await db.copyFrom(sql`copy users (id, name) from stdin`, [[1, 'Ada'], [2, null]])
   */
  async copyFrom(query: Sql, rows: CopyRows): Promise<{ count: number }> {
    const api = this.#api('copyFrom')
    requireSql(api, query)
    requireNoValues(api, query)
    if (!isSource(rows)) refuse(`${api}: rows`, 'a list, or an iterable or async iterable', rows)
    const { count } = await this.copyIn(api, query, rows)
    return { count }
  }

  /**
   * The output of a PostgreSQL `copy ... to stdout`, in bytes, each chunk of whole rows.
   *
   * Cancellation: stops it on the server, as does leaving the loop.
   *
   * @throws DatabaseError
   * @throws MisuseError on SQLite, and for what the loop asks of the same session or transaction
   * @example
   * for await (const piece of db.copyTo(sql`copy users to stdout (format csv)`)) process.stdout.write(piece)
   */
  async *copyTo(query: Sql): AsyncGenerator<Uint8Array, void> {
    const api = this.#api('copyTo')
    requireSql(api, query)
    requireNoValues(api, query)
    yield* this.copyOut(api, query)
  }

  async #atMostOne<T extends object>(method: string, query: Sql): Promise<T[]> {
    const result = await this.#send(method, query)
    if (result.rows.length > 1) tooMany(this.#api(method), result.rows.length)
    return asObjects<T>(this.#api(method), result)
  }

  #send(method: string, query: Sql): Promise<Result> {
    const api = this.#api(method)
    requireSql(api, query)
    return this.send(api, query)
  }

  #api(method: string): string {
    return `${this.name}.${method}`
  }
}

function requireSql(api: string, query: Sql): void {
  if (!(query instanceof Sql)) refuse(`${api}: query`, 'made by the tag sql`...`', query)
}

function requireNoValues(api: string, { values }: Sql): void {
  if (values.length === 0) return
  throw new MisuseError(`${api}: COPY takes no values in its text; pass them as rows`)
}

function isSource(rows: unknown): boolean {
  const { [Symbol.iterator]: list, [Symbol.asyncIterator]: stream } = Object(rows) as {
    readonly [Symbol.iterator]?: unknown
    readonly [Symbol.asyncIterator]?: unknown
  }
  return typeof list === 'function' || typeof stream === 'function'
}

/** @throws DatabaseError DUPLICATE_COLUMN */
export function asObjects<T extends object>(api: string, { columns, rows }: Result): T[] {
  const twice = columns.find((name, i) => columns.indexOf(name) < i)
  if (twice !== undefined) {
    throw new DatabaseError(
      'DUPLICATE_COLUMN',
      `${api}: two columns are called ${JSON.stringify(twice)}; name one of them with "as"`,
    )
  }
  // An assignment to `__proto__` would make it the prototype.
  if (columns.includes('__proto__')) {
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])) as T)
  }
  return rows.map((row) => {
    const object: Row = {}
    for (let i = 0; i < columns.length; i++) object[columns[i] as string] = row[i]
    return object as T
  })
}

function missing(api: string): never {
  throw new DatabaseError('NO_ROWS', `${api}: there is no row; use maybeOne where that may be`)
}

function tooMany(api: string, count: number): never {
  throw new DatabaseError('TOO_MANY_ROWS', `${api}: there are ${count} rows; use query, or limit 1`)
}
