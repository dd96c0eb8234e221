import type { PostgresWire } from './internals.ts'

/** A column of a result, as the server describes it. */
export interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/**
 * Something that the server is to do, as pg's client takes it: it submits it, and hands it what the server says. After
 * an error it hands it no more.
 */
export abstract class Submission {
  error: unknown
  /** How many rows it changed or gave, as the server counts. */
  count = 0

  abstract submit(wire: PostgresWire): null
  handleParseComplete(): void {}
  handleRowDescription(_message: { readonly fields: readonly Field[] }): void {}
  handleDataRow(_message: { readonly fields: readonly (string | null)[] }): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(wire: PostgresWire): void {
    wire.sendCopyFail('use copyFrom')
  }
  handleCopyData(_message: { readonly chunk: Buffer }): void {}
  handleReadyForQuery(): void {}
  /** The server is ready for more, or gone. */
  handleEnd(): void {}

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

  constructor(text: string) {
    super()
    this.#text = text
  }

  submit(wire: PostgresWire): null {
    wire.query(this.#text)
    return null
  }
}
