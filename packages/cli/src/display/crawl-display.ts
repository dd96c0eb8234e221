import type { CrawlProgress } from '@corral/crawl'

/** Where a running crawl is shown. */
export interface CrawlDisplay {
  /** Milliseconds between two updates. */
  readonly interval: number
  update(progress: CrawlProgress): void
  /** Says something that stays. */
  note(text: string): void
  /** Leaves the output ready for what follows. */
  end(): void
}
