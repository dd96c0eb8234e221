import { ExtractError } from './extract-error.ts'
import type { Field } from './field.ts'

/** What fields give, by name. */
export type RecordOf<F extends Readonly<Record<string, Field<unknown>>>> = {
  [K in keyof F]: ReturnType<F[K]>
}

/**
 * Several fields under names: the type follows from them.
 *
 * @example
 * const product = record({ name: required(text('h1')), price: number('.price') })
 * // Field<{ name: string; price: number | undefined }>
 */
export function record<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
): Field<RecordOf<F>> {
  const entries = Object.entries(fields)
  return (node) => {
    const values: Record<string, unknown> = {}
    for (const [name, field] of entries) values[name] = read(name, () => field(node))
    return values as RecordOf<F>
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
