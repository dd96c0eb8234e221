import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredBody, StoredPage, StoredRecord } from './outcome.ts'

/** The answers of URLs and what was extracted from them. */
export class PageTable {
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #deleteLinks: StatementSync
  readonly #insertRecord: StatementSync
  readonly #deleteRecord: StatementSync
  readonly #insertItem: StatementSync
  readonly #deleteItems: StatementSync
  readonly #insertBody: StatementSync
  readonly #deleteBody: StatementSync
  readonly #bodyOf: StatementSync
  readonly #idOf: StatementSync
  readonly #firstWith: StatementSync
  readonly #refresh: StatementSync
  readonly #bytesOf: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#delete = db.prepare('DELETE FROM page WHERE url_id = ?')
    this.#deleteLinks = db.prepare('DELETE FROM link WHERE from_id = ?')
    this.#insertRecord = db.prepare('INSERT OR REPLACE INTO record VALUES (?, ?)')
    this.#deleteRecord = db.prepare('DELETE FROM record WHERE url_id = ?')
    this.#insertItem = db.prepare('INSERT INTO item (url_id, data) VALUES (?, ?)')
    this.#deleteItems = db.prepare('DELETE FROM item WHERE url_id = ?')
    this.#insertBody = db.prepare('INSERT OR REPLACE INTO body VALUES (?, ?)')
    this.#deleteBody = db.prepare('DELETE FROM body WHERE url_id = ?')
    this.#bodyOf = db.prepare(
      `SELECT p.content_type AS contentType, p.charset, b.packed
       FROM body b JOIN page p ON p.url_id = b.url_id WHERE b.url_id = ?`,
    )
    this.#idOf = db.prepare(
      'SELECT p.url_id AS id FROM url u JOIN page p ON p.url_id = u.id WHERE u.url = ?',
    )
    this.#firstWith = db.prepare(
      'SELECT url_id AS id FROM page WHERE hash = ? AND same_id IS NULL AND url_id <> ? LIMIT 1',
    )
    this.#refresh = db.prepare('UPDATE page SET fetched_at = ? WHERE url_id = ?')
    this.#bytesOf = db.prepare('SELECT bytes FROM page WHERE url_id = ?')
  }

  /** @param redirect the URL it redirects to; @param same the page whose body it has as well */
  insert(
    id: number,
    page: StoredPage,
    redirect: number | undefined,
    same: number | undefined,
  ): void {
    this.#insert.run(
      id,
      page.status,
      page.contentType ?? null,
      page.charset ?? null,
      page.title ?? null,
      page.bytes,
      redirect ?? null,
      page.canonical ?? null,
      Number(page.noindex),
      page.note ?? null,
      page.attempts,
      page.fetchedAt,
      page.durationMs,
      page.validators?.etag ?? null,
      page.validators?.lastModified ?? null,
      page.hash ?? null,
      same ?? null,
    )
    if (page.data !== undefined) this.#insertRecord.run(id, page.data)
    if (page.body !== undefined) this.#insertBody.run(id, Buffer.from(page.body, 'base64'))
    for (const item of page.items ?? []) this.#insertItem.run(id, item)
  }

  /** Another page that has a body of this hash, and is itself no copy. */
  firstWith(hash: string, id: number): number | undefined {
    return (this.#firstWith.get(hash, id) as { id: number } | undefined)?.id
  }

  /** Forgets what an earlier crawl got, its links included. */
  forget(id: number): void {
    this.#delete.run(id)
    this.#deleteRecord.run(id)
    this.#deleteItems.run(id)
    this.#deleteBody.run(id)
    this.#deleteLinks.run(id)
  }

  /** The body that was kept of a page. */
  bodyOf(id: number): StoredBody | undefined {
    const row = this.#bodyOf.get(id) as
      | { contentType: string | null; charset: string | null; packed: Uint8Array }
      | undefined
    if (row === undefined) return undefined
    const { contentType, charset, packed } = row
    return { contentType: contentType ?? undefined, charset: charset ?? undefined, packed }
  }

  /** Replaces what was extracted from a page, if it is there. */
  keepRecord({ url, data }: StoredRecord): void {
    const row = this.#idOf.get(url) as { id: number } | undefined
    if (row === undefined) return
    if (data === undefined) this.#deleteRecord.run(row.id)
    else this.#insertRecord.run(row.id, data)
  }

  /** The page is what it was, but for what is extracted anew; gives its bytes. */
  confirm(id: number, fetchedAt: number, data: string | undefined): number {
    this.#refresh.run(fetchedAt, id)
    if (data !== undefined) this.#insertRecord.run(id, data)
    return (this.#bytesOf.get(id) as { bytes: number } | undefined)?.bytes ?? 0
  }
}
