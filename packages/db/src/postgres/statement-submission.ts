import type { Result } from '../executor.ts'
import type { TypeParsers } from './decode.ts'
import type { PostgresWire } from './internals.ts'
import { Submission } from './submission.ts'
import type { Field } from './submission.ts'

/** What the columns of a statement were the last time. */
interface Shape {
  readonly columns: readonly string[]
  readonly types: readonly number[]
  readonly parsers: readonly ((text: string) => unknown)[]
}

const remembered = 1000
const nothing: Shape = { columns: [], types: [], parsers: [] }

/** The shapes of a database's statements, by their text. */
export class Shapes {
  readonly #types: TypeParsers
  readonly #known = new Map<string, Shape>()

  constructor(types: TypeParsers) {
    this.#types = types
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

/** One statement with its parameters, by the extended protocol. */
export class StatementSubmission extends Submission {
  readonly #text: string
  readonly #values: (string | Buffer | null)[]
  readonly #shapes: Shapes
  readonly #rows: unknown[][] = []
  #shape = nothing

  constructor(text: string, values: (string | Buffer | null)[], shapes: Shapes) {
    super()
    this.#text = text
    this.#values = values
    this.#shapes = shapes
  }

  get result(): Result {
    return { columns: this.#shape.columns, rows: this.#rows, count: this.count }
  }

  submit(wire: PostgresWire): null {
    wire.stream.cork() // one packet
    try {
      wire.parse({ text: this.#text })
      wire.bind({ values: this.#values })
      wire.describe({ type: 'P' })
      wire.execute({})
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
    return null
  }

  override handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#shape = this.#shapes.of(this.#text, fields)
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
}

function isSame({ columns, types }: Shape, fields: readonly Field[]): boolean {
  return (
    columns.length === fields.length &&
    fields.every(({ name, dataTypeID }, i) => columns[i] === name && types[i] === dataTypeID)
  )
}
