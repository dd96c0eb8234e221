import { attribute } from './attribute.ts'
import type { FieldReader } from './field.ts'

/**
 * The absolute URL that an attribute (`href`, or `src` where there is none) of the first element that matches leads to;
 * undefined when there is none. Without a selector it is that of the element itself, for use in `list`.
 *
 * @throws MisuseError for a selector that is none
 */
export function link(selector?: string): FieldReader<string | undefined> {
  const href = attribute('href', selector)
  const src = attribute('src', selector)
  return {
    read(node) {
      const written = href.read(node) ?? src.read(node)
      return written === undefined ? undefined : node.resolve(written)
    },
  }
}
