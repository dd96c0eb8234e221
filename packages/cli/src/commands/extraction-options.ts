import { attribute, list, record, text, type Field } from '@corral/crawl'
import { MisuseError } from 'corral'
import type { Extraction } from '../options/extraction.ts'
import { UsageError } from '../options/usage-error.ts'

/** What to read from each page, as the library takes it: other extractions are another version. */
export function extractionOptions(extractions: readonly Extraction[]): {
  readonly extract: Field<unknown>
  readonly extractVersion: string
} {
  return { extract: recordOf(extractions), extractVersion: JSON.stringify(extractions) }
}

/** The selectors are only looked at here: an option need not wait for the crawler. */
function recordOf(extractions: readonly Extraction[]): Field<unknown> {
  const fields = extractions.map((each): [name: string, field: Field<unknown>] => {
    try {
      return [each.name, fieldOf(each)]
    } catch (error) {
      if (!(error instanceof MisuseError)) throw error
      throw new UsageError(`extract must have a CSS selector, got "${each.selector}"`)
    }
  })
  return record(Object.fromEntries(fields))
}

function fieldOf({ selector, attribute: name, all }: Extraction): Field<unknown> {
  if (all) return name === undefined ? list(selector) : list(selector, attribute(name))
  return name === undefined ? text(selector) : attribute(name, selector)
}
