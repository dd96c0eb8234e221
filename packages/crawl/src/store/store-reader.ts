import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { checkOwnership } from './open-database.ts'
import type { StoreCounts } from './outcome.ts'
import { unpackBody } from '../page/packed-body.ts'
import { StoreError, storeErrorOf } from './store-error.ts'
import { Tally } from './tally.ts'

/** A row of the view `pages`. */
export interface PageRow {
  readonly url: string
  readonly status: number
  readonly content_type: string | null
  readonly charset: string | null
  readonly title: string | null
  readonly bytes: number
  readonly depth: number
  readonly redirect_url: string | null
  readonly canonical: string | null
  readonly noindex: number
  readonly note: string | null
  readonly attempts: number
  readonly fetched_at: number
  readonly duration_ms: number
  /** The URL of a page that has the same body; only where copies are looked for. */
  readonly same_as?: string | null
}

/** A row of the view `records`. */
export interface RecordRow {
  readonly url: string
  /** JSON */
  readonly data: string
}

/** A body that was kept. */
export interface BodyRow {
  readonly url: string
  readonly content_type: string | null
  /** Of HTML. */
  readonly charset: string | null
  /** Unpacked. */
  readonly body: Uint8Array
}

/** A row of the view `items`. */
export interface ItemRow {
  readonly url: string
  /** JSON */
  readonly data: string
}

/** A row of the view `errors`. */
export interface ErrorRow {
  readonly url: string
  readonly kind: string
  readonly code: string
  readonly message: string
  readonly attempts: number
  readonly failed_at: number
  readonly depth: number
}

/** A row of the view `links`. */
export interface LinkRow {
  readonly from_url: string
  readonly to_url: string
  readonly kind: string
  readonly nofollow: number
}

/** A link to a URL that failed, and why that failed. */
export interface BrokenLinkRow {
  readonly from_url: string
  readonly to_url: string
  readonly kind: string
  readonly code: string
}

export interface SkippedRow {
  readonly url: string
  readonly reason: string
  readonly depth: number
}

/**
 * Reads a store, also while a crawl writes it: neither waits for the other. Rows come one by one in the order of the
 * URLs' discovery, so that a store of any size can be read.
 *
 * @throws StoreError when the file is not there, no store, or of a newer version
 * @example
 * using reader = new StoreReader('crawl.db')
 * for (const page of reader.pages()) console.log(page.url, page.title)
 */
export class StoreReader implements Disposable {
  readonly #file: string
  readonly #db: DatabaseSync

  constructor(file: string) {
    this.#file = file
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) {
      throw new StoreError('STORE_MISSING', file, `store ${file} is not there; crawl into it first`)
    }
    if (found.isDirectory()) {
      throw new StoreError('STORE_IS_DIRECTORY', file, `store ${file} is a directory; name a file`)
    }
    this.#db = this.#guarded(() => openForReading(file))
    try {
      if (!this.#guarded(() => checkOwnership(this.#db, file))) return
      throw new StoreError('STORE_MISSING', file, `store ${file} is empty; crawl into it first`)
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  counts(): StoreCounts {
    return this.#guarded(() => new Tally(this.#db).counts())
  }

  /** How many pages had which status, the lowest first. */
  statuses(): { readonly status: number; readonly count: number }[] {
    const sql = 'SELECT status, count(*) AS count FROM page GROUP BY status ORDER BY status'
    return this.#guarded(() => this.#db.prepare(sql).all()) as unknown as {
      status: number
      count: number
    }[]
  }

  /** How many URLs failed for which reason. */
  failures(): { readonly kind: string; readonly code: string; readonly count: number }[] {
    const sql = `SELECT kind, code, count(*) AS count FROM failure
      GROUP BY kind, code ORDER BY count DESC, kind, code`
    return this.#guarded(() => this.#db.prepare(sql).all()) as unknown as {
      kind: string
      code: string
      count: number
    }[]
  }

  /** How many URLs are not followed for which reason. */
  skippedReasons(): { readonly reason: string; readonly count: number }[] {
    const sql = `SELECT reason, count(*) AS count FROM url WHERE state = 3
      GROUP BY reason ORDER BY count DESC, reason`
    return this.#guarded(() => this.#db.prepare(sql).all()) as unknown as {
      reason: string
      count: number
    }[]
  }

  /** The URLs that are not followed. */
  skipped(): Generator<SkippedRow, void, undefined> {
    return this.#rows<SkippedRow>(`SELECT url, reason, depth FROM url WHERE state = 3`)
  }

  pages(): Generator<PageRow, void, undefined> {
    return this.#rows<PageRow>('SELECT * FROM pages')
  }

  errors(): Generator<ErrorRow, void, undefined> {
    return this.#rows<ErrorRow>('SELECT * FROM errors')
  }

  links(): Generator<LinkRow, void, undefined> {
    return this.#rows<LinkRow>('SELECT * FROM links')
  }

  /** Links to URLs that failed, those to one URL together. Reads every link once. */
  brokenLinks(): Generator<BrokenLinkRow, void, undefined> {
    return this.#rows<BrokenLinkRow>(
      `SELECT t.url AS to_url, f.url AS from_url, e.kind, e.code
        FROM failure e JOIN link l ON l.to_id = e.url_id JOIN url t ON t.id = e.url_id JOIN url f ON f.id = l.from_id
        ORDER BY e.url_id, l.from_id`,
    )
  }

  /** What was extracted, as far as the store has it. */
  *records(): Generator<RecordRow, void, undefined> {
    if (this.#has('records')) yield* this.#rows<RecordRow>('SELECT * FROM records')
  }

  /** What handlers gave, in the order in which it was stored. */
  *items(): Generator<ItemRow, void, undefined> {
    if (this.#has('items')) yield* this.#rows<ItemRow>('SELECT * FROM items')
  }

  /** The bodies that were kept. */
  *bodies(): Generator<BodyRow, void, undefined> {
    if (!this.#has('body')) return
    const rows = this.#rows<BodyRow>(
      `SELECT u.url, p.content_type, p.charset, b.packed AS body
        FROM body b JOIN page p ON p.url_id = b.url_id JOIN url u ON u.id = b.url_id ORDER BY b.url_id`,
    )
    for (const row of rows) yield { ...row, body: unpackBody(row.body) }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Not every view is there in a store of an older version that no crawl has gone on with since. */
  #has(view: string): boolean {
    const { count } = this.#guarded(() =>
      this.#db.prepare(`SELECT count(*) AS count FROM sqlite_schema WHERE name = ?`).get(view),
    ) as { count: number }
    return count > 0
  }

  *#rows<T>(sql: string): Generator<T, void, undefined> {
    try {
      // The rows of node:sqlite have no prototype: spread, they are plain objects like any other.
      for (const row of this.#db.prepare(sql).iterate()) yield { ...row } as T
    } catch (error) {
      throw storeErrorOf(error, this.#file)
    }
  }

  #guarded<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw storeErrorOf(error, this.#file)
    }
  }
}

/**
 * What a crawl that was killed left half-way is put right by the next one to open the file, which must be able to write for
 * that. A file that cannot be written is read as it is.
 */
function openForReading(file: string): DatabaseSync {
  const writable = access(file, constants.W_OK) && access(dirname(file), constants.W_OK)
  // SQLite makes files beside one in WAL mode, also to read it: where it cannot, it must know that nobody writes.
  const still = !writable && !existsSync(`${file}-wal`)
  // In full: SQLite has names of its own, such as :memory: and file:x.
  const path = still ? immutable(file) : resolve(file)
  const db = new DatabaseSync(path, { readOnly: !writable, timeout: 2000 })
  db.exec('PRAGMA query_only = ON')
  return db
}

function immutable(file: string): URL {
  const url = pathToFileURL(file)
  url.searchParams.set('immutable', '1')
  return url
}

function access(file: string, mode: number): boolean {
  try {
    accessSync(file, mode)
    return true
  } catch {
    return false
  }
}
