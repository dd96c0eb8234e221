import type { CrawlProgress } from '@corral/crawl'
import { CrawlMonitor } from '../src/monitor/crawl-monitor.ts'

/** The progress of a crawl that has gone on for a while. */
export function progressOf(changes: Partial<CrawlProgress> = {}): CrawlProgress {
  return {
    pages: 1234,
    newPages: 1234,
    bytes: 5_000_000,
    queued: 5012,
    inFlight: 64,
    failed: 3,
    skipped: 20,
    retries: 7,
    failures: { http: 2, timeout: 1 },
    rate: 311.7,
    elapsed: 12_000,
    ...changes,
  }
}

/** What watched it. */
export function monitorOf(changes: Partial<CrawlProgress> = {}): CrawlMonitor {
  const monitor = new CrawlMonitor()
  monitor.advance(progressOf(changes))
  return monitor
}
