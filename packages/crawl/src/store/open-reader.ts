import type { StoreCounts } from './outcome.ts'
import { isPostgres } from './open-store.ts'
import {
  StoreReader,
  type BodyRow,
  type BrokenLinkRow,
  type ErrorRow,
  type ItemRow,
  type LinkRow,
  type PageRow,
  type RecordRow,
  type SkippedRow,
} from './store-reader.ts'

type Rows<T> = Iterable<T> | AsyncIterable<T>
type Value<T> = T | Promise<T>

/** What can be read of a store, of either kind: `await` what it gives, and `for await` its rows. */
export interface StoreReading {
  counts(): Value<StoreCounts>
  /** How many pages had which status, the lowest first. */
  statuses(): Value<{ readonly status: number; readonly count: number }[]>
  /** How many URLs failed for which reason. */
  failures(): Value<{ readonly kind: string; readonly code: string; readonly count: number }[]>
  /** How many URLs are not followed for which reason. */
  skippedReasons(): Value<{ readonly reason: string; readonly count: number }[]>
  skipped(): Rows<SkippedRow>
  pages(): Rows<PageRow>
  errors(): Rows<ErrorRow>
  links(): Rows<LinkRow>
  /** Links to URLs that failed, those to one URL together. */
  brokenLinks(): Rows<BrokenLinkRow>
  records(): Rows<RecordRow>
  /** The bodies that were kept, unpacked. */
  bodies(): Rows<BodyRow>
  /** What handlers gave, in the order in which it was stored. */
  items(): Rows<ItemRow>
}

/**
 * Opens a store to read it, also while crawls write it: a file, or the URL of a database. Rows come one by one, in the
 * order of their discovery, so that a store of any size can be read.
 *
 * @throws StoreError when it is not there, no store, or of a newer version
 * @example
 * await using reader = await openReader('crawl.db')
 * for await (const page of reader.pages()) console.log(page.url, page.title)
 */
export async function openReader(store: string): Promise<StoreReading & AsyncDisposable> {
  if (isPostgres(store)) {
    const { openPostgresReader } = await import('./postgres/postgres-reader.ts')
    return await openPostgresReader(store)
  }
  const reader = new StoreReader(store)
  return Object.assign(reader, {
    [Symbol.asyncDispose]: () => {
      reader.close()
      return Promise.resolve()
    },
  })
}
