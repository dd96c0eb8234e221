import { ExtractError } from './extract-error.ts'
import { readField, type Field, type FieldReader } from './field.ts'

/**
 * A field that must be there: what gives undefined throws, and the page is recorded as a failure of the kind `extract`.
 *
 * @throws ExtractError EXTRACT_MISSING, from the field
 */
export function required<T>(field: Field<T>): FieldReader<Exclude<T, undefined>> {
  return {
    read(node) {
      const value = readField(field, node)
      if (value === undefined) throw new ExtractError('EXTRACT_MISSING', 'the page has none')
      return value as Exclude<T, undefined>
    },
  }
}
