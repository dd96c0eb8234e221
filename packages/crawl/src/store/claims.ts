import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { FrontierEntry, Validators } from './outcome.ts'

type QueuedRow = Omit<FrontierEntry, 'request'> & {
  readonly role: number
  readonly request: string | null
}

/**
 * Which queued URLs are handed out. Kept in memory alone: after a crash they are simply queued. Origins are served in
 * turn, so that one with a million URLs keeps nobody waiting.
 */
export class Claims {
  readonly #nextOrigin: StatementSync
  readonly #queuedOf: StatementSync
  readonly #select: StatementSync
  readonly #pageOf: StatementSync
  readonly #originOf = new Map<number, number>()
  readonly #claimedOf = new Map<number, Set<number>>()
  #lastOrigin = 0

  constructor(db: DatabaseSync) {
    this.#nextOrigin = db.prepare(
      `SELECT origin_id AS id FROM url WHERE state = 0 AND origin_id > ? ORDER BY origin_id LIMIT 1`,
    )
    // From the index alone: most of these have been handed out.
    this.#queuedOf = db.prepare(
      `SELECT id FROM url WHERE state = 0 AND origin_id = ?
       ORDER BY priority DESC, depth, id LIMIT ?`,
    )
    this.#queuedOf.setReturnArrays(true)
    this.#select = db.prepare('SELECT id, url, depth, hops, role, request FROM url WHERE id = ?')
    this.#pageOf = db.prepare(
      `SELECT etag, last_modified AS lastModified, fetched_at AS fetchedAt,
         EXISTS (SELECT 1 FROM body WHERE body.url_id = page.url_id) AS hasBody
       FROM page WHERE url_id = ?`,
    )
  }

  /**
   * Up to `limit` URLs; of one origin no more than `perOrigin`, counting those handed out before.
   *
   * @param stale whether some of them have a page of an earlier crawl
   */
  take(limit: number, perOrigin: number, stale: boolean): FrontierEntry[] {
    const taken: FrontierEntry[] = []
    const visited = new Set<number>()
    while (taken.length < limit) {
      const origin = this.#advance()
      if (origin === undefined || visited.has(origin)) break
      visited.add(origin)
      this.#takeOf(origin, Math.min(perOrigin, limit - taken.length), perOrigin, taken)
    }
    return stale ? taken.map((entry) => this.#withPage(entry)) : taken
  }

  release(id: number): void {
    const origin = this.#originOf.get(id)
    if (origin === undefined) return
    this.#originOf.delete(id)
    const claimed = this.#claimedOf.get(origin)
    claimed?.delete(id)
    if (claimed?.size === 0) this.#claimedOf.delete(origin)
  }

  #advance(): number | undefined {
    const next = (after: number): { id: number } | undefined =>
      this.#nextOrigin.get(after) as { id: number } | undefined
    const found = next(this.#lastOrigin) ?? next(0)
    if (found !== undefined) this.#lastOrigin = found.id
    return found?.id
  }

  #withPage(entry: FrontierEntry): FrontierEntry {
    const page = this.#pageOf.get(entry.id) as
      | (Record<keyof Validators, string | null> & { fetchedAt: number; hasBody: number })
      | undefined
    if (page === undefined) return entry
    const { etag, lastModified, fetchedAt, hasBody } = page
    return {
      ...entry,
      before: {
        etag: etag ?? undefined,
        lastModified: lastModified ?? undefined,
        fetchedAt,
        ...(hasBody === 1 ? { hasBody: true } : {}),
      },
    }
  }

  #takeOf(origin: number, want: number, perOrigin: number, taken: FrontierEntry[]): void {
    const claimed = this.#claimedOf.get(origin) ?? new Set<number>()
    let free = Math.min(want, perOrigin - claimed.size)
    if (free <= 0) return
    // Those handed out are still queued in the table: look past as many as there are.
    const rows = this.#queuedOf.all(origin, free + claimed.size) as unknown as [id: number][]
    for (const row of rows) {
      const id = row[0]
      if (free === 0) break
      if (claimed.has(id)) continue
      claimed.add(id)
      this.#originOf.set(id, origin)
      const { url, depth, hops, role, request } = this.#select.get(id) as unknown as QueuedRow
      const entry = { id, url, depth, hops }
      if (role === 0) taken.push(request === null ? entry : { ...entry, request })
      else taken.push({ ...entry, sitemap: true })
      free--
    }
    if (claimed.size > 0) this.#claimedOf.set(origin, claimed)
  }
}
