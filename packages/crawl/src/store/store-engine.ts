import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Claims } from './claims.ts'
import { packedLink } from './link-traits.ts'
import { openDatabase, type OpenDatabaseOptions } from './open-database.ts'
import type { FrontierEntry, Outcome, StoreCounts, StoredLink, StoredPage } from './outcome.ts'
import { takeOwnerLock } from './owner-lock.ts'
import { queueFailed } from './queue-failed.ts'
import { storeErrorOf } from './store-error.ts'
import { Tally } from './tally.ts'
import { UrlTable, type KnownUrl } from './url-table.ts'

export interface StoreEngineOptions extends OpenDatabaseOptions {
  /** Links followed from a seed at most: what a shorter way brings within it is queued. */
  readonly maxDepth?: number
}

/**
 * The store itself, synchronous: what the writer thread runs. Every call is one transaction, durable when it
 * returns; one that throws has changed nothing.
 */
export class StoreEngine {
  readonly #file: string
  readonly #db: DatabaseSync
  readonly #owner: Disposable
  readonly #maxDepth: number
  readonly #urls: UrlTable
  readonly #tally: Tally
  readonly #claims: Claims

  readonly #insertPage: StatementSync
  readonly #insertFailure: StatementSync
  readonly #insertLinks: StatementSync
  readonly #finish: StatementSync
  readonly #queue: StatementSync
  readonly #shorten: StatementSync
  readonly #stateOf: StatementSync
  readonly #selectDepth: StatementSync
  readonly #linksOf: StatementSync
  readonly #redirectOf: StatementSync

  constructor(file: string, options: StoreEngineOptions = {}) {
    this.#file = file
    this.#maxDepth = options.maxDepth ?? Infinity
    const db = openDatabase(file, options)
    try {
      this.#owner = takeOwnerLock(file)
    } catch (error) {
      db.close()
      throw error
    }
    this.#db = db
    this.#urls = new UrlTable(db)
    this.#tally = new Tally(db)
    this.#claims = new Claims(db)
    this.#insertPage = db.prepare(
      `INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertFailure = db.prepare('INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)')
    this.#insertLinks = db.prepare(
      // All links of a page at once: a call from here costs more than a row.
      'INSERT OR IGNORE INTO link SELECT ?1, value >> 4, value & 15 FROM json_each(?2)',
    )
    this.#finish = db.prepare('UPDATE url SET state = ?, reason = ? WHERE id = ? AND state = 0')
    this.#queue = db.prepare(
      'UPDATE url SET state = 0, reason = NULL, depth = ?, hops = ? WHERE id = ? AND state = 3',
    )
    this.#shorten = db.prepare('UPDATE url SET depth = ? WHERE id = ? AND depth > ?')
    this.#stateOf = db.prepare('SELECT state, reason FROM url WHERE id = ?')
    this.#selectDepth = db.prepare('SELECT depth FROM url WHERE id = ?')
    this.#linksOf = db.prepare('SELECT to_id AS id FROM link WHERE from_id = ? AND traits & 1 = 0')
    this.#redirectOf = db.prepare('SELECT redirect_id AS id FROM page WHERE url_id = ?')
  }

  /** Queues seeds that are not known, that were skipped, or that failed: they are asked for by name. */
  seed(urls: readonly string[]): StoreCounts {
    return this.#transaction(() => {
      for (const url of urls) {
        const { id } = this.#link({ url, kind: 'seed', nofollow: false }, 0, 0)
        queueFailed(this.#db, this.#tally, id)
      }
      this.#queueWithinDepth()
    })
  }

  /** Queues everything that failed again. */
  retryFailed(): StoreCounts {
    return this.#transaction(() => queueFailed(this.#db, this.#tally))
  }

  /** Stores outcomes and what they add to the frontier. An entry that has an outcome already keeps it. */
  commit(outcomes: readonly Outcome[]): StoreCounts {
    const counts = this.#transaction(() => {
      for (const outcome of outcomes) this.#store(outcome)
    })
    for (const { entry } of outcomes) this.#claims.release(entry.id)
    return counts
  }

  /** Hands out queued URLs, each once until its outcome is stored, fair across origins, by depth within one. */
  claim(limit: number, perOrigin: number): FrontierEntry[] {
    try {
      return this.#claims.take(limit, perOrigin)
    } catch (error) {
      throw storeErrorOf(error, this.#file)
    }
  }

  counts(): StoreCounts {
    return this.#tally.counts()
  }

  close(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // A reader holds on to it: the next one to open does it.
    } finally {
      this.#db.close()
      this.#owner[Symbol.dispose]()
    }
  }

  #transaction(work: () => void): StoreCounts {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#tally.save()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#urls.forget()
      this.#tally.load()
      throw storeErrorOf(error, this.#file)
    }
    return this.#tally.counts()
  }

  #store(outcome: Outcome): void {
    const { entry } = outcome
    switch (outcome.result) {
      case 'page':
        this.#storePage(entry, outcome.page, outcome.links, outcome.redirect)
        break
      case 'failure': {
        const { kind, code, message, attempts, failedAt } = outcome.failure
        this.#storeFailure(entry, kind, code, message, attempts, failedAt)
        break
      }
      case 'skip':
        if (this.#end(entry, 3, outcome.reason)) this.#tally.add('skipped', 1)
    }
  }

  #storePage(
    entry: FrontierEntry,
    page: StoredPage,
    links: readonly StoredLink[],
    redirect: StoredLink | undefined,
  ): void {
    const { id, hops } = entry
    const depth = this.#depthOf(id)
    const target = redirect && this.#link(redirect, depth, hops + 1)
    if (target !== undefined && this.#leadsTo(target.id, id)) {
      const message = `redirects in a circle, by way of ${redirect?.url}`
      const { attempts, fetchedAt } = page
      this.#storeFailure(entry, 'redirect', 'REDIRECT_LOOP', message, attempts, fetchedAt)
      return
    }
    if (!this.#end(entry, 1)) return
    this.#insertPage.run(
      id,
      page.status,
      page.contentType ?? null,
      page.charset ?? null,
      page.title ?? null,
      page.bytes,
      target?.id ?? null,
      page.canonical ?? null,
      Number(page.noindex),
      page.note ?? null,
      page.attempts,
      page.fetchedAt,
      page.durationMs,
    )
    this.#tally.add('pages', 1)
    this.#tally.add('bytes', page.bytes)
    if (links.length === 0) return
    const packed = links.map((link) =>
      packedLink(this.#link(link, depth + 1, 0).id, link.kind, link.nofollow),
    )
    this.#insertLinks.run(id, JSON.stringify(packed))
  }

  #storeFailure(
    entry: FrontierEntry,
    kind: string,
    code: string,
    message: string,
    attempts: number,
    failedAt: number,
  ): void {
    if (!this.#end(entry, 2)) return
    this.#insertFailure.run(entry.id, kind, code, message, attempts, failedAt)
    this.#tally.add('failed', 1)
    this.#tally.add(`failed:${kind}`, 1)
  }

  /** Takes a URL from the queue, unless it has its outcome already. */
  #end(entry: FrontierEntry, state: 1 | 2 | 3, reason?: string): boolean {
    const ended = this.#finish.run(state, reason ?? null, entry.id).changes === 1
    if (ended) this.#tally.add('queued', -1)
    return ended
  }

  /** The depth as it is now: a shorter way may have been found since the URL was handed out. */
  #depthOf(id: number): number {
    return (this.#selectDepth.get(id) as { depth: number }).depth
  }

  /** Finds or creates the row a link leads to, and lets a way that is free or shorter have its effect. */
  #link(link: StoredLink, depth: number, hops: number): KnownUrl {
    // Who decided about the depth may not have known the shortest way.
    const skip = link.skip === 'depth' && depth <= this.#maxDepth ? undefined : link.skip
    const { known, created } = this.#urls.intern({ url: link.url, depth, hops, skip })
    if (created) {
      this.#tally.add(skip === undefined ? 'queued' : 'skipped', 1)
    } else if (skip === undefined) {
      if (known.skipped) this.#queueAgain(known, depth, hops)
      else if (known.depth > depth) this.#bringCloser(known, depth)
    }
    return known
  }

  /** What was skipped for the way that led there is queued once a way is found that may be followed. */
  #queueAgain(known: KnownUrl, depth: number, hops: number): void {
    known.skipped = false
    const { reason } = this.#stateOf.get(known.id) as { reason: string | null }
    if (reason === 'robots' || this.#queue.run(depth, hops, known.id).changes === 0) return
    known.depth = depth
    this.#tally.add('queued', 1)
    this.#tally.add('skipped', -1)
  }

  /**
   * Depth is the shortest way from a seed whatever the order in which answers came, or the pages within a depth
   * would depend on that order: a shorter way to a page that is stored shortens those of its links as well.
   */
  #bringCloser(known: KnownUrl, depth: number): void {
    known.depth = depth
    const closer = [{ id: known.id, depth }]
    for (let next = closer.pop(); next !== undefined; next = closer.pop()) {
      if (this.#shorten.run(next.depth, next.id, next.depth).changes === 0) continue
      const { state, reason } = this.#stateOf.get(next.id) as {
        state: number
        reason: string | null
      }
      if (state === 3 && reason === 'depth' && next.depth <= this.#maxDepth) {
        this.#queueAgain({ ...next, skipped: true }, next.depth, 0)
      }
      if (state !== 1) continue
      const target = this.#redirectOf.get(next.id) as { id: number | null } | undefined
      if (typeof target?.id === 'number') closer.push({ id: target.id, depth: next.depth })
      for (const link of this.#linksOf.all(next.id) as unknown as { id: number }[]) {
        closer.push({ id: link.id, depth: next.depth + 1 })
      }
    }
  }

  /** A depth that was raised since the last time lets in what it kept out. */
  #queueWithinDepth(): void {
    if (this.#tally.counts().skipped === 0) return
    const { changes } = this.#db
      .prepare(
        `UPDATE url SET state = 0, reason = NULL WHERE state = 3 AND reason = 'depth' AND depth <= ?`,
      )
      .run(Math.min(this.#maxDepth, Number.MAX_SAFE_INTEGER))
    this.#tally.add('queued', Number(changes))
    this.#tally.add('skipped', -Number(changes))
  }

  /** Whether the redirects stored so far lead from one URL to another, or to itself. */
  #leadsTo(from: number, to: number): boolean {
    let at: number | null | undefined = from
    for (let hops = 0; typeof at === 'number' && hops < 50; hops++) {
      if (at === to) return true
      at = (this.#redirectOf.get(at) as { id: number | null } | undefined)?.id
    }
    return false
  }
}
