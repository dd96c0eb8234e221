import type { Result } from '../executor.ts'
import type { TypeParsers } from './decode.ts'
import type { PostgresWire } from './internals.ts'
import type { Prepared, PreparedStatements } from './prepared-statements.ts'
import { Submission } from './submission.ts'
import type { Field } from './submission.ts'

/** The columns of a statement, as last seen. */
export interface Shape {
  readonly columns: readonly string[]
  readonly types: readonly number[]
  readonly parsers: readonly ((text: string) => unknown)[]
}

const remembered = 1000
const nothing: Shape = { columns: [], types: [], parsers: [] }

/** The shapes of a database's statements, by text. */
export class Shapes {
  /** Whether reused statements are prepared. */
  prepare: boolean
  readonly #types: TypeParsers
  readonly #known = new Map<string, Shape>()

  constructor(types: TypeParsers, prepare: boolean) {
    this.#types = types
    this.prepare = prepare
  }

  of(text: string, fields: readonly Field[]): Shape {
    const known = this.#known.get(text)
    if (known !== undefined && isSame(known, fields)) return known
    if (this.#known.size >= remembered) this.#known.clear()
    const shape: Shape = {
      columns: fields.map((field) => field.name),
      types: fields.map((field) => field.dataTypeID),
      parsers: fields.map((field) => this.#types.getTypeParser(field.dataTypeID)),
    }
    this.#known.set(text, shape)
    return shape
  }
}

/** One statement with its parameters, over the extended protocol. */
export class StatementSubmission extends Submission {
  readonly #text: string
  readonly #values: (string | Buffer | null)[]
  readonly #shapes: Shapes
  #prepared: Prepared | undefined
  #rows: unknown[][] = []
  #shape: Shape = nothing

  constructor(owner: object, text: string, values: (string | Buffer | null)[], shapes: Shapes) {
    super(owner)
    this.#text = text
    this.#values = values
    this.#shapes = shapes
  }

  /** What the connection has prepared for it. Called each time before it is sent. */
  begin(prepared: PreparedStatements): void {
    this.error = undefined
    this.#rows = []
    this.#prepared = this.#shapes.prepare ? prepared.of(this.#text) : undefined
    this.#shape = this.#prepared?.shape ?? nothing
  }

  get isPrepared(): boolean {
    return this.#prepared !== undefined
  }

  get result(): Result {
    return { columns: this.#shape.columns, rows: this.#rows, count: this.count }
  }

  submit(wire: PostgresWire): void {
    const prepared = this.#prepared
    if (prepared === undefined) wire.parse({ text: this.#text })
    else if (prepared.state === 'new') this.#prepare(wire, prepared)
    wire.bind({ statement: prepared?.name, values: this.#values })
    if (prepared?.shape === undefined) wire.describe({ type: 'P' })
    wire.execute({})
    wire.sync()
  }

  override handleParseComplete(): void {
    if (this.#prepared !== undefined) this.#prepared.state = 'parsed'
  }

  override handleReady(): void {
    this.settle()
    super.handleReady()
  }

  /** What the server did not parse must be parsed by the next statement. */
  protected settle(): void {
    if (this.#prepared?.state === 'sent') this.#prepared.state = 'new'
  }

  /** A COPY that did not look like one. Nobody can say whether the server will answer the Sync that was sent. */
  override handleCopyInResponse(wire: PostgresWire): void {
    super.handleCopyInResponse(wire)
    wire.stream.destroy()
  }

  override handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#shape = this.#shapes.of(this.#text, fields)
    if (this.#prepared !== undefined) this.#prepared.shape = this.#shape
  }

  override handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const { parsers } = this.#shape
    const row: unknown[] = new Array<unknown>(fields.length)
    try {
      for (let i = 0; i < fields.length; i++) {
        const text = fields[i] as string | null
        row[i] = text === null ? null : parsers[i]?.(text)
      }
      this.#rows.push(row)
    } catch (error) {
      this.error ??= error
    }
  }

  #prepare(wire: PostgresWire, prepared: Prepared): void {
    const { name, instead } = prepared
    prepared.state = 'sent'
    if (instead !== undefined) wire.close({ type: 'S', name: instead })
    wire.parse({ name, text: this.#text })
  }
}

function isSame({ columns, types }: Shape, fields: readonly Field[]): boolean {
  return (
    columns.length === fields.length &&
    fields.every(({ name, dataTypeID }, i) => columns[i] === name && types[i] === dataTypeID)
  )
}
