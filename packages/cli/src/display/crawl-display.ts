import type { CrawlMonitor } from '../monitor/crawl-monitor.ts'

/** Where a running crawl is shown. */
export interface CrawlDisplay {
  /** Milliseconds between two updates. */
  readonly interval: number
  /** Shows what the monitor knows. */
  update(monitor: CrawlMonitor): void
  /** Says something that stays. */
  note(text: string): void
  /** Leaves the output ready for what follows. */
  end(): void
}
