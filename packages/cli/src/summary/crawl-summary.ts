import type { CrawlProgress, StoreReading } from '@corral/crawl'

/** Why a crawl came to its end. */
export type CrawlEnd = 'done' | 'max-pages' | 'max-total-bytes' | 'max-time' | 'interrupted'

/** What may end a crawl before it is done. */
export interface CrawlBounds {
  readonly maxPages: number | undefined
  readonly maxTotalBytes: number | undefined
}

/** What a store has. */
export interface StoreSummary {
  readonly pages: number
  /** Of the bodies, unpacked. */
  readonly bytes: number
  readonly queued: number
  /** URLs without an answer that is kept. */
  readonly failed: number
  /** URLs that are not followed. */
  readonly skipped: number
  /** Answers by status; those that count as failures too. */
  readonly statuses: Readonly<Record<string, number>>
  /** Failed URLs by kind. */
  readonly failures: Readonly<Record<string, number>>
  /** URLs that are not followed, by reason. */
  readonly skippedFor: Readonly<Record<string, number>>
}

/** What one run added. */
export interface RunSummary {
  readonly end: CrawlEnd
  /** Pages stored by this run. */
  readonly newPages: number
  /** Milliseconds. */
  readonly elapsed: number
  /** Requests that were made again. */
  readonly retries: number
}

/** Sums up a store, without reading its rows one by one. */
export async function summarizeStore(reader: StoreReading): Promise<StoreSummary> {
  const statuses: Record<string, number> = {}
  for (const { status, count } of await reader.statuses()) statuses[status] = count
  for (const { kind, code, count } of await reader.failures()) {
    if (kind === 'http') statuses[code] = (statuses[code] ?? 0) + count
  }
  const skippedFor: Record<string, number> = {}
  for (const { reason, count } of await reader.skippedReasons()) skippedFor[reason] = count
  return { ...(await reader.counts()), statuses, skippedFor }
}

/** Why a crawl that was not cut short has ended: with URLs that are still queued, a bound was reached. */
export function endOf(
  { queued, pages, bytes }: Pick<StoreSummary, 'queued' | 'pages' | 'bytes'>,
  { maxPages = Infinity, maxTotalBytes = Infinity }: CrawlBounds,
): CrawlEnd {
  if (queued === 0) return 'done'
  if (pages >= maxPages) return 'max-pages'
  return bytes >= maxTotalBytes ? 'max-total-bytes' : 'max-time'
}

/** Sums up a run by its last progress, `undefined` when it ended before there was any. */
export function summarizeRun(
  store: StoreSummary,
  last: CrawlProgress | undefined,
  end: CrawlEnd,
): RunSummary {
  const { pages = store.pages, newPages = 0, elapsed = 0, retries = 0 } = last ?? {}
  return { end, newPages: newPages + store.pages - pages, elapsed, retries }
}
