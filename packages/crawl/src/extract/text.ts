import type { FieldReader } from './field.ts'
import { compileSelector } from './selector.ts'

/**
 * The text of the first element that matches, blanks run together; undefined when none does or it is empty.
 *
 * @throws MisuseError for a selector that is none
 */
export function text(selector: string): FieldReader<string | undefined> {
  const compiled = compileSelector('text', selector)
  return {
    read(node) {
      const found = node.first(compiled)?.text
      return found === '' ? undefined : found
    },
  }
}
