import type { StoreReading } from '../store/open-reader.ts'
import type { ErrorRow, PageRow } from '../store/store-reader.ts'

/** A URL that was fetched, as it is exported: with its answer, or with what went wrong. */
export interface ExportRow {
  readonly url: string
  readonly status: number | null
  /** Kind, code and message; null for a page. */
  readonly error: string | null
  readonly content_type: string | null
  readonly title: string | null
  /** Of the body, unpacked. */
  readonly bytes: number | null
  readonly depth: number
  readonly redirect_url: string | null
  readonly canonical: string | null
  readonly noindex: boolean
  readonly note: string | null
  readonly attempts: number
  /** ISO 8601, UTC. */
  readonly fetched_at: string
  readonly duration_ms: number | null
  /** What was extracted. */
  readonly data: unknown
}

export const exportColumns: readonly (keyof ExportRow)[] = [
  'url',
  'status',
  'error',
  'content_type',
  'title',
  'bytes',
  'depth',
  'redirect_url',
  'canonical',
  'noindex',
  'note',
  'attempts',
  'fetched_at',
  'duration_ms',
  'data',
]

/** Everything in a store that is exported, row by row: pages, then failures, each in the order of discovery. */
export async function* exportRows(reader: StoreReading): AsyncGenerator<ExportRow, void> {
  // Both in the order of discovery: beside each other, each is read once.
  await using records = oneByOne(reader.records())
  let record = await records.next()
  for await (const page of reader.pages()) {
    const own = record.value?.url === page.url
    yield pageRow(page, own ? record.value?.data : undefined)
    if (own) record = await records.next()
  }
  for await (const error of reader.errors()) yield errorRow(error)
}

async function* oneByOne<T>(rows: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void> {
  for await (const row of rows) yield row
}

function pageRow(page: PageRow, data: string | undefined): ExportRow {
  return {
    url: page.url,
    status: page.status,
    error: null,
    content_type: page.content_type,
    title: page.title,
    bytes: page.bytes,
    depth: page.depth,
    redirect_url: page.redirect_url,
    canonical: page.canonical,
    noindex: page.noindex !== 0,
    note: page.note,
    attempts: page.attempts,
    fetched_at: new Date(page.fetched_at).toISOString(),
    duration_ms: page.duration_ms,
    data: data === undefined ? null : JSON.parse(data),
  }
}

function errorRow({ url, kind, code, message, depth, attempts, failed_at }: ErrorRow): ExportRow {
  return {
    url,
    status: kind === 'http' ? Number(code) : null,
    error: `${kind} ${code}: ${message}`,
    content_type: null,
    title: null,
    bytes: null,
    depth,
    redirect_url: null,
    canonical: null,
    noindex: false,
    note: null,
    attempts,
    fetched_at: new Date(failed_at).toISOString(),
    duration_ms: null,
    data: null,
  }
}
