import { ExtractError } from './extract-error.ts'
import type { Field } from './field.ts'

/** A field for each part of a record. */
export type FieldsOf<T extends object> = { readonly [K in keyof T]: Field<T[K]> }

/**
 * Several fields under names: the type follows from them.
 *
 * @example
 * const product = record({ name: required(text('h1')), price: number('.price') })
 * // Field<{ name: string; price: number | undefined }>
 */
export function record<T extends object>(fields: FieldsOf<T>): Field<T> {
  const entries = Object.entries<Field<unknown>>(fields as Record<string, Field<unknown>>)
  return (node) => {
    const values: Record<string, unknown> = {}
    for (const [name, field] of entries) values[name] = read(name, () => field(node))
    return values as T
  }
}

/** Says which field it was. */
function read<T>(name: string, field: () => T): T {
  try {
    return field()
  } catch (error) {
    if (!(error instanceof ExtractError)) throw error
    throw new ExtractError(error.code, `${name}: ${error.message}`, { cause: error })
  }
}
