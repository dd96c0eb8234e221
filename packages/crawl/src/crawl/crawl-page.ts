import type { StoredLink } from '../store/outcome.ts'

/** A page as a handler sees it. */
export interface CrawlPage {
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
}
