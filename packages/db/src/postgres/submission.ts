import { MisuseError } from 'corral'
import { Exchange } from '../exchange.ts'
import type { PostgresWire } from './internals.ts'

/** A column of a result, as the server describes it. */
export interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** A request to the server, and its replies: after an error, only that it is ready. */
export abstract class Submission extends Exchange<never> {
  /** Number of rows changed or returned, as the server counts. */
  count = 0

  abstract submit(wire: PostgresWire): void
  handleParseComplete(): void {}
  handleRowDescription(_message: { readonly fields: readonly Field[] }): void {}
  handleDataRow(_message: { readonly fields: readonly (string | null)[] }): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(wire: PostgresWire): void {
    this.error ??= new MisuseError('Database: "copy ... from stdin" needs rows; use copyFrom')
    wire.sendCopyFail('use copyFrom')
  }
  handleCopyOutResponse(): void {
    this.error ??= new MisuseError('Database: "copy ... to stdout" has no rows; use copyTo')
  }
  handleCopyData(_message: { readonly chunk: Buffer }): void {}
  /** The server is ready for more. If it is gone, only `end` is called. */
  handleReady(): void {
    this.end()
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.count = Number(/\d+$/.exec(text)?.[0] ?? 0)
  }

  handleError(error: unknown): void {
    this.error ??= error
  }
}

/** Several statements, separated by semicolons: their rows are ignored. */
export class ScriptSubmission extends Submission {
  readonly #text: string

  constructor(owner: object, text: string) {
    super(owner)
    this.#text = text
  }

  submit(wire: PostgresWire): void {
    wire.query(this.#text)
  }
}
