import type { Field } from '../extract/field.ts'
import type { StoredLink } from '../store/outcome.ts'

/** A page as a handler sees it. `T` is what `extract` gives. */
export interface CrawlPage<T = unknown> {
  readonly url: string
  readonly status: number
  /** Links followed from a seed to here. */
  readonly depth: number
  readonly contentType: string | undefined
  readonly title: string | undefined
  /** As text, decoded; undefined for what is no HTML. */
  readonly html: string | undefined
  /** Every link, also those that are not followed: `skip` says why. */
  readonly links: readonly StoredLink[]
  readonly canonical: string | undefined
  /** What the crawl's `extract` gave; undefined for what is no HTML. */
  readonly data: T | undefined

  /**
   * Reads a field from the page, which is parsed once, when this is first called; undefined for what is no HTML.
   *
   * @throws ExtractError when the page is nested or large beyond reason, or a required field is missing
   */
  extract<U>(field: Field<U>): U | undefined
}
