import { Exchange } from '../exchange.ts'
import type { PostgresWire } from './internals.ts'

/** A column of a result, as the server describes it. */
export interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** Something that the server is to do, and what it says to that: after an error nothing but that it is ready. */
export abstract class Submission extends Exchange<never> {
  /** How many rows it changed or gave, as the server counts. */
  count = 0

  abstract submit(wire: PostgresWire): void
  handleParseComplete(): void {}
  handleRowDescription(_message: { readonly fields: readonly Field[] }): void {}
  handleDataRow(_message: { readonly fields: readonly (string | null)[] }): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(wire: PostgresWire): void {
    wire.sendCopyFail('use copyFrom')
  }
  handleCopyData(_message: { readonly chunk: Buffer }): void {}
  /** The server is ready for more. When it is gone, `end` is all that is called. */
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

/** Several statements, separated by semicolons: their rows are passed over. */
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
