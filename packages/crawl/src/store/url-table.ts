import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { GenerationCache } from '../url/generation-cache.ts'
import { originOf } from '../url/origin.ts'
import type { TrapDetector } from './trap-detector.ts'

/** A row of the table of URLs, as far as linking to it needs it; kept up to date by who changes the row. */
export interface KnownUrl {
  readonly id: number
  depth: number
  skipped: boolean
}

export interface NewUrl {
  readonly url: string
  readonly depth: number
  readonly hops: number
  /** Why it is not to be fetched; left out when it is. */
  readonly skip?: string | undefined
  readonly sitemap?: boolean | undefined
  readonly priority?: number | undefined
  readonly request?: string | undefined
  /** Whether it may lead into a trap. */
  readonly suspect?: boolean | undefined
}

/** Entries of each of the two generations of the cache: some megabytes, and the links of a site's navigation. */
const generation = 16_384

/**
 * The numbers of URLs. What was asked for lately is kept in memory, bounded: pages of a site link to the same few
 * hundred others over and over.
 */
export class UrlTable {
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #skip: StatementSync
  readonly #insertOrigin: StatementSync
  readonly #selectOrigin: StatementSync
  readonly #traps: TrapDetector
  readonly #known = new GenerationCache<string, KnownUrl>(generation)
  readonly #origins = new GenerationCache<string, number>(generation)

  constructor(db: DatabaseSync, traps: TrapDetector) {
    this.#traps = traps
    this.#insert = db.prepare(
      `INSERT INTO url (url, origin_id, depth, hops, state, reason, role, priority, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (url) DO NOTHING`,
    )
    this.#skip = db.prepare(`UPDATE url SET state = 3, reason = 'trap' WHERE id = ?`)
    this.#select = db.prepare('SELECT id, depth, state FROM url WHERE url = ?')
    this.#insertOrigin = db.prepare(
      'INSERT INTO origin (origin) VALUES (?) ON CONFLICT (origin) DO NOTHING',
    )
    this.#selectOrigin = db.prepare('SELECT id FROM origin WHERE origin = ?')
  }

  /** The row of a URL, created if there is none: queued, or skipped for the reason given. */
  intern(entry: NewUrl): { readonly known: KnownUrl; readonly created: boolean } {
    const cached = this.#known.get(entry.url)
    if (cached !== undefined) return { known: cached, created: false }

    const { url, depth, hops, skip, sitemap = false, priority = 0, suspect = false } = entry
    const { request = null } = entry
    const origin = this.#originId(originOf(url))
    const { changes, lastInsertRowid } = this.#insert.run(
      url,
      origin,
      depth,
      hops,
      skip === undefined ? 0 : 3,
      skip ?? null,
      sitemap ? 1 : 0,
      priority,
      request,
    )
    if (changes === 1) {
      const id = Number(lastInsertRowid)
      const trapped = skip === undefined && suspect && this.#traps.catches(url)
      if (trapped) this.#skip.run(id)
      const known = { id, depth, skipped: trapped || skip !== undefined }
      return { known: this.#remember(url, known), created: true }
    }
    const row = this.#select.get(url) as { id: number; depth: number; state: number }
    const known = { id: row.id, depth: row.depth, skipped: row.state === 3 }
    return { known: this.#remember(url, known), created: false }
  }

  /** Forgets everything: what was learnt in a transaction that was rolled back is not so. */
  forget(): void {
    this.#known.clear()
    this.#origins.clear()
    this.#traps.forget()
  }

  #remember(url: string, known: KnownUrl): KnownUrl {
    this.#known.set(url, known)
    return known
  }

  #originId(origin: string): number {
    const cached = this.#origins.get(origin)
    if (cached !== undefined) return cached
    this.#insertOrigin.run(origin)
    const { id } = this.#selectOrigin.get(origin) as { id: number }
    this.#origins.set(origin, id)
    return id
  }
}
