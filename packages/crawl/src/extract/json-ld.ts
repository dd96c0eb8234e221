import type { FieldReader } from './field.ts'
import { compileSelector } from './selector.ts'

const scripts = compileSelector('jsonLd', 'script[type="application/ld+json"]')

/** The structured data of the page (`<script type="application/ld+json">`), parsed; what is no JSON is left out. */
export function jsonLd(): FieldReader<unknown[]> {
  return {
    read: (node) =>
      node.all(scripts).flatMap(({ html }) => {
        try {
          return [JSON.parse(html) as unknown]
        } catch {
          return []
        }
      }),
  }
}
