import { readField, type Field, type FieldReader } from './field.ts'
import { compileSelector } from './selector.ts'

/**
 * Every element that matches, each read with a field; those that give undefined are left out.
 *
 * @param field its text when left out, unless that is empty
 * @throws MisuseError for a selector that is none
 * @example
 * list('table.prices tr', record({ name: text('th'), price: number('td') }))
 */
export function list(selector: string): FieldReader<string[]>
export function list<T>(selector: string, field: Field<T>): FieldReader<Exclude<T, undefined>[]>
export function list<T>(
  selector: string,
  field?: Field<T>,
): FieldReader<(string | Exclude<T, undefined>)[]> {
  const compiled = compileSelector('list', selector)
  return {
    read: (node) =>
      node
        .all(compiled)
        .map((each) => (field === undefined ? textOf(each.text) : readField(field, each)))
        .filter((value): value is string | Exclude<T, undefined> => value !== undefined),
  }
}

function textOf(text: string): string | undefined {
  return text === '' ? undefined : text
}
