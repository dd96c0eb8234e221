import type { PostgresConnection } from './postgres-connection.ts'
import { isCancelReport } from './server-error.ts'
import { StatementSubmission } from './statement-submission.ts'

/** A connection that statements of many callers share. */
export interface Pipe {
  readonly connection: PostgresConnection
  /** How many of its statements are being stopped: meanwhile no other is sent. */
  stopping: number
  /** The one that it is left to. */
  alone: PipedStatement | undefined
}

/** A statement that shares a connection with others. */
export class PipedStatement extends StatementSubmission {
  /** In line for a connection, for the first time. */
  inLine = false
  /** On which it is under way. */
  pipe: Pipe | undefined
  /** On which it was last. */
  connection: PostgresConnection | undefined
  /** Its caller has gone. */
  unwanted = false
  /** A request to stop another may stop it. */
  endangered = false
  readonly #left: (statement: PipedStatement, hit: boolean) => void

  /** @param left called when it is under way no more: answered, or its connection is lost; `hit`: stopped for another */
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
