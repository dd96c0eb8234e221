import type { PostgresConnection } from './postgres-connection.ts'
import { isCancelReport } from './server-error.ts'
import { StatementSubmission } from './statement-submission.ts'

/** A connection shared by statements of many callers. */
export interface Pipe {
  readonly connection: PostgresConnection
  /** How many of its statements are being stopped: meanwhile no others are sent. */
  stopping: number
  /** The statement it is reserved for. */
  alone: PipedStatement | undefined
}

/** A statement that shares a connection with others. */
export class PipedStatement extends StatementSubmission {
  /** Queued for a connection, for the first time. */
  inLine = false
  /** The connection it is running on. */
  pipe: Pipe | undefined
  /** The connection it last ran on. */
  connection: PostgresConnection | undefined
  /** Its caller has given up. */
  unwanted = false
  /** A request to stop another statement may hit it. */
  endangered = false
  readonly #left: (statement: PipedStatement, hit: boolean) => void

  /**
   * @param left called when it is no longer running: answered, or its connection is lost; `hit`: stopped in place of
   * another
   */
  constructor(
    left: (statement: PipedStatement, hit: boolean) => void,
    ...rest: ConstructorParameters<typeof StatementSubmission>
  ) {
    super(...rest)
    this.#left = left
  }

  override handleReady(): void {
    this.settle()
    if (!this.unwanted && this.endangered && isCancelReport(this.error)) this.#left(this, true)
    else this.end()
  }

  override end(error?: unknown): void {
    super.end(error)
    if (this.pipe !== undefined) this.#left(this, false)
  }
}
