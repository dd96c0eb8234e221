import { ExtractError } from './extract-error.ts'
import { readField, type Field, type FieldReader } from './field.ts'

/** A field for each part of a record. */
export type FieldsOf<T extends object> = { readonly [K in keyof T]: Field<T[K]> }

/** A reader whose parts have names. */
interface Keyed {
  readonly keys: readonly string[]
}

/**
 * Several fields under names: the type follows from them.
 *
 * @example
 * const product = record({ name: required(text('h1')), price: number('.price') })
 * // FieldReader<{ name: string; price: number | undefined }>
 */
export function record<T extends object>(fields: FieldsOf<T>): FieldReader<T> {
  const entries = Object.entries<Field<unknown>>(fields as Record<string, Field<unknown>>)
  const reader: FieldReader<T> & Keyed = {
    keys: entries.map(([name]) => name),
    read(node) {
      const values: Record<string, unknown> = {}
      for (const [name, field] of entries) values[name] = named(name, () => readField(field, node))
      return values as T
    },
  }
  return reader
}

/** The names in a record, as far as it is one. */
export function keysOf(field: Field<unknown>): readonly string[] {
  return typeof field === 'object' && 'keys' in field ? (field as Keyed).keys : []
}

/** Says which field it was. */
function named<T>(name: string, field: () => T): T {
  try {
    return field()
  } catch (error) {
    if (!(error instanceof ExtractError)) throw error
    throw new ExtractError(error.code, `${name}: ${error.message}`, { cause: error })
  }
}
