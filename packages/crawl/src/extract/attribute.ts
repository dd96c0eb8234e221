import type { FieldReader } from './field.ts'
import { compileSelector } from './selector.ts'

/**
 * An attribute of the first element that matches; undefined when none does or it has no such attribute. Without a
 * selector it is an attribute of the element itself, for use in `list`.
 *
 * @example
 * attribute('content', 'meta[property="og:title"]')
 * @throws MisuseError for a selector that is none
 */
export function attribute(name: string, selector?: string): FieldReader<string | undefined> {
  if (selector === undefined) return { read: (node) => node.attribute(name) }
  const compiled = compileSelector('attribute', selector)
  return { read: (node) => node.first(compiled)?.attribute(name) }
}
