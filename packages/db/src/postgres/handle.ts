import { Lock, MisuseError, TaskLocal } from 'corral'
import { Executor } from '../executor.ts'
import type { Result } from '../executor.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection, OnCancel } from './connection.ts'
import { fetchAll } from './cursor.ts'

/** What statements go through: it counts them. */
export type Send = (
  connection: Connection,
  api: string,
  statement: Sql,
  onCancel?: OnCancel,
) => Promise<Result>

/** The innermost session or transaction that the running code is in. */
export const innermost: TaskLocal<Handle | undefined> = new TaskLocal<Handle | undefined>()

/** One connection in the hands of a callback. Statements of several tasks go one after the other. */
export abstract class Handle extends Executor {
  readonly connection: Connection
  readonly sendOn: Send
  readonly parent: Handle | undefined
  /** Of one statement, or of a nested transaction. */
  readonly line: Lock = new Lock()
  #over = false

  constructor(connection: Connection, send: Send, parent: Handle | undefined) {
    super()
    this.connection = connection
    this.sendOn = send
    this.parent = parent
  }

  /** Runs `fn` with this as the innermost one; then takes no more, and waits for what is under way. */
  async runIn<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    try {
      return await innermost.run(this, async () => await fn())
    } finally {
      this.#over = true
    }
  }

  protected send(api: string, statement: Sql): Promise<Result> {
    return this.exclusively(api, () => this.sendOn(this.connection, api, statement))
  }

  protected open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    return fetchAll(query, batch, (statement) => this.send(api, statement))
  }

  /** @throws MisuseError inside a transaction that is nested in this one: it holds the line, and would wait for itself */
  protected async exclusively<T>(api: string, fn: () => Promise<T>): Promise<T> {
    for (let inner = innermost.get(); inner !== undefined; inner = inner.parent) {
      if (inner.parent !== this) continue
      throw new MisuseError(`${api}: a transaction inside it is open; use the inner one`)
    }
    this.#requireOpen(api)
    return await this.line.use(() => {
      this.#requireOpen(api)
      return fn()
    })
  }

  #requireOpen(api: string): void {
    if (!this.#over) return
    throw new MisuseError(
      `${api}: the ${this.name.toLowerCase()} is over; await what it does in it`,
    )
  }
}
