import type { FieldReader } from './field.ts'
import { compileSelector } from './selector.ts'

/**
 * What is inside the first element that matches, as HTML; undefined when none does.
 *
 * @throws MisuseError for a selector that is none
 */
export function markup(selector: string): FieldReader<string | undefined> {
  const compiled = compileSelector('markup', selector)
  return { read: (node) => node.first(compiled)?.html }
}
