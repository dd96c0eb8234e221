import { checkpoint, MisuseError, now } from 'corral'
import { describe } from 'corral/lowlevel'
import { readField, type Field } from '../extract/field.ts'
import { PageNode } from '../extract/page-node.ts'
import { openReader } from '../store/open-reader.ts'
import { openStore } from '../store/open-store.ts'
import type { StoredRecord } from '../store/outcome.ts'
import type { BodyRow } from '../store/store-reader.ts'
import { extractionOf } from './judge-again.ts'
import { addressOf } from './page-request.ts'

export interface ExtractStoredOptions<T> {
  /** A file, or the URL of a database. */
  readonly store: string
  readonly extract: Field<T>
  /** As that of `crawl`. */
  readonly extractVersion?: string
  /** Told of every page that could not be read, by its URL. */
  readonly onFailure?: (url: string, error: unknown) => void
}

/** What came of it. */
export interface StoredExtraction {
  /** HTML pages whose body was kept. */
  readonly pages: number
  /** Those of them that could not be read: they have no record now. */
  readonly failed: number
}

/** Records that are stored in one transaction. */
const batch = 200

/**
 * Extracts again, from the bodies that `keep: 'bodies'` has kept: nothing is fetched. What was extracted before is replaced, page
 * by page; pages without a body keep theirs. No crawl may be writing the file meanwhile.
 *
 * Cancellation: between two pages; what was stored by then stays.
 *
 * @throws StoreError when the store is not there, in use, or cannot be written
 * @example
 * const { pages } = await extractStored({ store: 'crawl.db', extract: record({ title: text('h1') }) })
 */
export async function extractStored<T>({
  store: name,
  extract,
  extractVersion,
  onFailure,
}: ExtractStoredOptions<T>): Promise<StoredExtraction> {
  if (typeof name !== 'string' || name === '') {
    throw new MisuseError(`extractStored: store must be a file or a URL, got ${describe(name)}`)
  }
  // Before the store, which would be made where there is none.
  await using reader = await openReader(name)
  await using store = await openStore(name)
  const version = extractVersion === undefined ? {} : { extractVersion }
  await store.note(
    undefined,
    extractionOf({ extract, ...version, keep: 'bodies' }),
    Math.round(now()),
  )
  let pages = 0
  let failed = 0
  const records: StoredRecord[] = []
  for await (const row of reader.bodies()) {
    // Of nothing but HTML the charset is known.
    if (row.charset === null) continue
    pages++
    let data: string | undefined
    try {
      data = JSON.stringify(readField(extract, parsed(row)))
    } catch (error) {
      failed++
      onFailure?.(row.url, error)
    }
    records.push({ url: row.url, data })
    if (records.length >= batch) await store.keepRecords(records.splice(0))
    await checkpoint()
  }
  if (records.length > 0) await store.keepRecords(records)
  return { pages, failed }
}

function parsed({ url, charset, body }: BodyRow): PageNode {
  return PageNode.parse(new TextDecoder(charset ?? 'utf-8').decode(body), addressOf(url))
}
