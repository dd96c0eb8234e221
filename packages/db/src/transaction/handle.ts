import { Lock, MisuseError, moveOnAfter, TaskLocal } from 'corral'
import { currentScope } from 'corral/lowlevel'
import { Executor } from '../executor.ts'
import type { CopyRows, Result } from '../executor.ts'
import type { QueryLog } from '../query-log.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection, OnCancel } from './connection.ts'
import { copyIn, copyOut } from './copy.ts'

/** The innermost session or transaction that the running code is in. */
export const innermost: TaskLocal<Handle | undefined> = new TaskLocal<Handle | undefined>()

/** Whose `copyFrom` the running code brings the rows for. */
const copying = new TaskLocal<Handle | undefined>()

/** A connection as used by a callback. Statements of several tasks run one after the other. */
export abstract class Handle extends Executor {
  readonly connection: Connection
  /** The database it belongs to. */
  readonly log: QueryLog
  readonly parent: Handle | undefined
  /** Held by one statement, or by a nested transaction. */
  readonly line: Lock = new Lock()
  /** It has ended: what was begun in it may go on, but not on its connection. */
  over = false
  /** Whose loop reads the output of a COPY: a task, or the root. */
  #reader: { readonly task: object | undefined } | undefined

  constructor(connection: Connection, log: QueryLog, parent: Handle | undefined) {
    super()
    this.connection = connection
    this.log = log
    this.parent = parent
  }

  /** Runs `fn` with this as the innermost one; then accepts no more, and waits for what is running. */
  async runIn<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    try {
      return await innermost.run(this, async () => await fn())
    } finally {
      this.over = true
    }
  }

  protected send(api: string, statement: Sql): Promise<Result> {
    this.requireClean(api, statement)
    return this.exclusively(api, () => this.control(api, statement))
  }

  protected open(api: string, query: Sql, batch: number): AsyncGenerator<Result, void> {
    this.requireClean(api, query)
    return this.connection.fetch(api, query, batch, (statement, act) =>
      this.exclusively(api, () => this.log.observe(statement, act)),
    )
  }

  protected copyIn(api: string, query: Sql, rows: CopyRows): Promise<Result> {
    return this.exclusively(api, () =>
      copying.run(this, () =>
        this.log.observe(query, () => copyIn(this.connection, api, query, rows)),
      ),
    )
  }

  protected async *copyOut(api: string, query: Sql): AsyncGenerator<Uint8Array, void> {
    this.requireFree(api)
    const turn = await this.line.acquire()
    this.#reader = { task: currentScope().task }
    try {
      this.requireBegun(api)
      yield* copyOut(this.connection, api, query)
    } finally {
      this.#reader = undefined
      turn[Symbol.dispose]()
    }
  }

  /** @internal Several statements, separated by semicolons. */
  async script(api: string, text: string): Promise<void> {
    await this.exclusively(api, () =>
      this.log.observe({ text }, () => this.connection.script(api, text)),
    )
  }

  /** An internal statement: it does not queue. */
  protected control(api: string, statement: Sql, onCancel?: OnCancel): Promise<Result> {
    return this.log.observe(statement, () => this.connection.execute(api, statement, onCancel))
  }

  /** @throws MisuseError inside a transaction nested in this one: it holds the connection, and would wait for itself */
  protected async exclusively<T>(api: string, fn: () => Promise<T>): Promise<T> {
    for (let inner = innermost.get(); inner !== undefined; inner = inner.parent) {
      if (inner.parent !== this) continue
      throw new MisuseError(`${api}: a transaction inside it is open; use the inner one`)
    }
    this.requireFree(api)
    return await this.line.use(() => {
      this.requireOpen(api)
      this.requireBegun(api)
      return fn()
    })
  }

  /** The connection of a session is reset at its end: there anything goes. */
  protected requireClean(_api: string, _statement: Sql): void {}

  /** @throws MisuseError where it would wait for itself: in the source of its `copyFrom`, in the loop over its `copyTo` */
  protected requireFree(api: string): void {
    this.requireOpen(api)
    const reader = this.#reader
    if (reader !== undefined && reader.task === currentScope().task) {
      throw busy(api, 'a copyTo of this task')
    }
    if (copying.get() === this) throw busy(api, 'the copyFrom that this is part of')
  }

  /** @throws MisuseError when something in it was not awaited, which may be half of it */
  requireAwaited(api: string): void {
    const { locked, waiting } = this.line
    if (!locked) return
    throw new MisuseError(
      `${api}: ${waiting + 1} of its statements or loops had not ended when it returned; await each of them`,
    )
  }

  /** Undoes what is not committed, when nothing in it runs any more: a task may outlive it. Run under a shield. */
  async rollBack(): Promise<void> {
    const { connection } = this
    const idle = await moveOnAfter(connection.grace, () => this.line.use(() => {}))
    if (idle.timedOut) await connection.destroy()
    else await connection.rollback()
  }

  /** A transaction may have ended without us. */
  protected requireBegun(_api: string): void {}

  protected requireOpen(api: string): void {
    if (!this.over) return
    throw new MisuseError(
      `${api}: the ${this.name.toLowerCase()} is over; await what it does in it`,
    )
  }
}

function busy(api: string, copy: string): MisuseError {
  return new MisuseError(
    `${api}: the connection is busy with ${copy}; end that first, or use another connection`,
  )
}
