import { Event, isCancelled, shield, throwIfCancelled } from 'corral'
import { closed } from '../closed.ts'
import { HomeContext, nameResource, RingBuffer } from 'corral/lowlevel'
import type { Result } from '../executor.ts'
import type { Sql } from '../sql/statement.ts'
import type { Borrowed } from '../transaction/connection.ts'
import { encodeAll } from './encode.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { PipedStatement } from './piped-statement.ts'
import type { Pipe } from './piped-statement.ts'
import { isStale } from './prepared-statements.ts'
import { serverError } from './server-error.ts'
import type { Shapes } from './statement-submission.ts'

export interface BorrowedPostgres extends Borrowed {
  readonly connection: PostgresConnection
}

/** The pool that provides the connections. */
export interface Lender {
  borrow(): Promise<BorrowedPostgres>
  /** How many are available without waiting for a borrowed one. */
  readonly room: number
  /** How many callers wait for one. */
  readonly waiting: number
}

interface OpenPipe extends Pipe {
  readonly over: Event
}

/** Maximum number of statements in flight on a connection. */
const deepest = 100

/**
 * Sends the statements of many callers over the connections of a pool, several on each, without waiting for the first
 * to be answered. The server runs those of a connection in order, each as a transaction of its own.
 *
 *   line -> [ pipe: a b c ]     nobody stands behind another as long as there is a connection that could be free
 *           [ pipe: d e   ]
 *
 * A cancel request names a connection, not a statement, so it may hit a statement before or after the intended one. All
 * statements in flight there are then endangered; none joins until the server has closed the requesting socket (by then
 * the signal was sent). An endangered statement that the server reports as cancelled has not happened: it is sent
 * again, alone on a connection, so that it is never hit twice.
 */
export class Pipeline {
  readonly #home = new HomeContext()
  readonly #lender: Lender
  readonly #shapes: Shapes
  readonly #pipes = new Set<OpenPipe>()
  readonly #line = new RingBuffer<PipedStatement>()
  readonly #hit = new RingBuffer<PipedStatement>()
  /** How many connections are requested: pending, and in total. */
  #starting = 0
  #opening = 0
  #waiting = 0
  #sweeping = false
  #closed = false

  constructor(lender: Lender, shapes: Shapes) {
    nameResource('openPostgres', this, { name: 'postgres' })
    this.#lender = lender
    this.#shapes = shapes
  }

  /** How many of its connections are idle. */
  get idle(): number {
    let idle = 0
    for (const { stopping, connection } of this.#pipes) {
      if (stopping === 0 && connection.alive && connection.unanswered.size === 0) idle += 1
    }
    return idle
  }

  /** How many statements wait for a connection, minus the connections requested. */
  get waiting(): number {
    return this.#waiting - (this.#opening - this.#starting)
  }

  /**
   * Cancellation: returns when it has stopped on the server, or its connection was destroyed.
   *
   * @throws DatabaseError
   */
  async execute(api: string, query: Sql): Promise<Result> {
    throwIfCancelled()
    if (this.#closed) throw closed()
    const statement = new PipedStatement(
      this.#left,
      this,
      query.text,
      encodeAll(query.values),
      this.#shapes,
    )
    this.#place(statement)
    try {
      await statement.ended()
    } catch (error) {
      if (!isCancelled(error)) throw error
      await this.#stop(statement)
      throw error
    }
    if (statement.error === undefined) return statement.result
    const { connection } = statement
    const error = serverError(
      api,
      statement.error,
      connection?.alive === true ? undefined : 'CONNECTION_LOST',
    )
    if (!statement.isPrepared || !isStale(error, this.#shapes)) throw error
    connection?.forgetPrepared()
    return await this.execute(api, query) // nothing has happened
  }

  /** Rejects queued statements. Those in flight continue. */
  close(): void {
    this.#closed = true
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.end(closed())
    }
  }

  get [Symbol.toStringTag](): string {
    return 'PostgreSQL pipeline'
  }

  #place(statement: PipedStatement): void {
    const pipe = this.#line.size === 0 ? this.#freest() : undefined
    if (pipe !== undefined) return this.#send(pipe, statement)
    this.#line.push(statement)
    statement.inLine = true
    this.#waiting += 1
    this.#open()
  }

  /** The connection with the fewest in flight, unless others come first, or a connection is available for it alone. */
  #freest(): OpenPipe | undefined {
    if (this.#lender.waiting > this.#opening - this.#starting) return undefined
    let best: OpenPipe | undefined
    let least = deepest
    for (const pipe of this.#pipes) {
      if (!isUsable(pipe)) continue
      const { size } = pipe.connection.unanswered
      if (size === 0) return pipe
      if (size >= least) continue
      best = pipe
      least = size
    }
    return this.#hit.size > 0 || this.#opening > 0 || this.#lender.room > 0 ? undefined : best
  }

  #send(pipe: Pipe, statement: PipedStatement): void {
    statement.pipe = pipe
    statement.connection = pipe.connection
    pipe.connection.send(statement)
  }

  /** Statements that were hit come first, each on an idle connection. */
  #feed(): void {
    for (const pipe of this.#hit.size > 0 ? this.#pipes : []) {
      if (!isUsable(pipe) || pipe.connection.unanswered.size > 0) continue
      const statement = this.#nextHit()
      if (statement === undefined) break
      pipe.alone = statement
      this.#send(pipe, statement)
    }
    while (this.#line.size > 0) {
      const pipe = this.#freest()
      const statement = pipe && this.#next()
      if (pipe === undefined || statement === undefined) break
      this.#send(pipe, statement)
    }
    this.#open()
  }

  #next(): PipedStatement | undefined {
    while (this.#line.size > 0) {
      const statement = this.#line.shift()
      if (statement === undefined || statement.unwanted) continue
      this.#waiting -= 1
      statement.inLine = false
      return statement
    }
    return undefined
  }

  #nextHit(): PipedStatement | undefined {
    while (this.#hit.size > 0) {
      const statement = this.#hit.shift()
      if (statement !== undefined && !statement.unwanted) return statement
    }
    return undefined
  }

  readonly #left = (statement: PipedStatement, hit: boolean): void => {
    const { pipe } = statement
    statement.pipe = undefined
    if (pipe?.alone === statement) pipe.alone = undefined
    if (hit) {
      statement.endangered = false
      this.#hit.push(statement)
    }
    if (pipe?.connection.unanswered.size === 0) this.#sweepSoon()
    if (this.#hit.size > 0 || this.#line.size > 0) this.#feed()
  }

  async #stop(statement: PipedStatement): Promise<void> {
    statement.unwanted = true
    const { pipe } = statement
    if (pipe === undefined) {
      if (statement.inLine) this.#waiting -= 1
      return
    }
    for (const other of pipe.connection.unanswered) {
      if (other instanceof PipedStatement && other !== statement) other.endangered = true
    }
    pipe.stopping += 1
    await shield(() => pipe.connection.stop(statement))
    pipe.stopping -= 1
    if (pipe.connection.unanswered.size === 0) this.#sweepSoon()
    this.#feed()
  }

  /** Borrows connections while any are available, and one in any case. */
  #open(): void {
    while (
      this.#waiting + this.#hit.size > this.#opening &&
      (this.#lender.room > this.#starting || this.#pipes.size + this.#opening === 0)
    ) {
      this.#opening += 1
      this.#starting += 1
      this.#home.spawn(
        'pipeline',
        () => shield(() => this.#serve()),
        () => this.#feed(),
      )
    }
  }

  /** Keeps a connection as long as statements are sent on it. */
  async #serve(): Promise<void> {
    this.#starting -= 1
    let lent: BorrowedPostgres
    try {
      if (this.#lender.room === 0 && this.#pipes.size > 0) return // another was faster
      lent = await this.#lender.borrow()
    } catch (error) {
      const first = this.#nextHit() ?? this.#next()
      first?.end(error)
      return
    } finally {
      this.#opening -= 1
    }
    const pipe = { connection: lent.connection, stopping: 0, alone: undefined, over: new Event() }
    this.#pipes.add(pipe)
    this.#sweepSoon()
    this.#begin(pipe)
    await pipe.over.wait()
    await lent.giveBack()
  }

  /** If others wait for connections too, the queued statements have had their turn with this one. */
  #begin(pipe: OpenPipe): void {
    if (this.#lender.waiting > this.#opening - this.#starting && this.#hit.size === 0) {
      while (pipe.connection.unanswered.size < deepest) {
        const statement = this.#next()
        if (statement === undefined) break
        this.#send(pipe, statement)
      }
    } else this.#feed()
  }

  /** An answered caller often sends another statement in the same turn. */
  #sweepSoon(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    setImmediate(() => {
      this.#sweeping = false
      for (const pipe of this.#pipes) {
        if (pipe.stopping > 0 || pipe.connection.unanswered.size > 0) continue
        this.#pipes.delete(pipe)
        pipe.over.set()
      }
    })
  }
}

function isUsable({ connection, stopping, alone }: Pipe): boolean {
  return stopping === 0 && alone === undefined && connection.alive && connection.status === 'I'
}
