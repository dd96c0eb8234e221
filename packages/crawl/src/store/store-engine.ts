import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Claims } from './claims.ts'
import { jarsOf, keepJars } from './cookie-table.ts'
import { packedLink } from './link-traits.ts'
import { closeDatabase, openDatabase, type OpenDatabaseOptions } from './open-database.ts'
import type {
  FrontierEntry,
  Jar,
  Noted,
  Outcome,
  RedirectOf,
  Seed,
  SkippedUrl,
  StoreCounts,
  StoredBody,
  StoredLink,
  StoredPage,
  StoredRecord,
} from './outcome.ts'
import { takeOwnerLock } from './owner-lock.ts'
import { PageTable } from './page-table.ts'
import { queueFailed } from './queue-failed.ts'
import { queueStale } from './queue-stale.ts'
import { redirectsOf } from './redirects-of.ts'
import { upgradeSchema } from './schema.ts'
import { queueSkipped, skippedUrls } from './skipped-urls.ts'
import { storeErrorOf } from './store-error.ts'
import { Tally } from './tally.ts'
import { UrlGraph, type UrlGraphOptions } from './url-graph.ts'

export interface StoreEngineOptions extends OpenDatabaseOptions, UrlGraphOptions {}

/**
 * The store itself, synchronous: what the writer thread runs. Every call is one transaction, durable when it
 * returns; one that throws has changed nothing.
 */
export class StoreEngine {
  readonly #file: string
  readonly #db: DatabaseSync
  readonly #owner: Disposable
  readonly #tally: Tally
  readonly #claims: Claims
  readonly #pages: PageTable
  readonly #graph: UrlGraph

  readonly #insertFailure: StatementSync
  readonly #insertLinks: StatementSync
  readonly #finish: StatementSync

  constructor(file: string, options: StoreEngineOptions = {}) {
    this.#file = file
    const db = openDatabase(file, options)
    let owner: Disposable | undefined
    try {
      this.#owner = owner = takeOwnerLock(file)
      upgradeSchema(db)
    } catch (error) {
      db.close()
      owner?.[Symbol.dispose]()
      throw storeErrorOf(error, file)
    }
    this.#db = db
    this.#tally = new Tally(db)
    this.#claims = new Claims(db)
    this.#pages = new PageTable(db)
    this.#graph = new UrlGraph(db, this.#tally, options)
    this.#insertFailure = db.prepare('INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)')
    this.#insertLinks = db.prepare(
      // All links of a page at once: a call from here costs more than a row.
      'INSERT OR IGNORE INTO link SELECT ?1, value >> 4, value & 15 FROM json_each(?2)',
    )
    this.#finish = db.prepare('UPDATE url SET state = ?, reason = ? WHERE id = ? AND state = 0')
  }

  /** Queues seeds that are not known, that were skipped, or that failed: they are asked for by name. */
  seed(urls: readonly (string | Seed)[]): StoreCounts {
    return this.#transaction(() => {
      for (const each of urls) {
        const seed = typeof each === 'string' ? { url: each } : each
        const { id } = this.#graph.link({ ...seed, kind: 'seed', nofollow: false }, 0, 0)
        queueFailed(this.#db, this.#tally, { url: id })
      }
      this.#graph.queueWithinDepth()
    })
  }

  /** Queues sitemaps that are not known, that failed, or that were read before a time: milliseconds since the epoch. */
  seedSitemaps(urls: readonly string[], before: number): StoreCounts {
    return this.#transaction(() => {
      for (const url of urls) {
        const { id } = this.#graph.link({ url, kind: 'sitemap', nofollow: false }, 0, 0)
        queueFailed(this.#db, this.#tally, { url: id })
        queueStale(this.#db, this.#tally, before, id)
      }
    })
  }

  /** Queues pages again that were fetched before a time: milliseconds since the epoch. */
  refresh(before: number): StoreCounts {
    return this.#transaction(() => queueStale(this.#db, this.#tally, before))
  }

  /** Queues everything that failed again. */
  retryFailed(): StoreCounts {
    return this.#transaction(() => queueFailed(this.#db, this.#tally))
  }

  /** URLs that are skipped, in the order of their numbers, for some reason or for all. */
  skipped(after: number, limit: number, reason: string | undefined): SkippedUrl[] {
    return skippedUrls(this.#db, after, limit, reason)
  }

  unskip(ids: readonly number[]): StoreCounts {
    return this.#transaction(() => {
      queueSkipped(this.#db, this.#tally, ids)
      this.#graph.forget()
    })
  }

  /** Queues URLs again that failed for reasons that options of the crawl have a say in. */
  retryRefused(): StoreCounts {
    return this.#transaction(() => {
      for (const kind of ['address', 'robots']) queueFailed(this.#db, this.#tally, { kind })
    })
  }

  /**
   * Notes by what URLs are judged, unless that stays, and what is extracted from pages: hashes.
   *
   * @returns whether either is another one than before, and since when what is extracted is the same
   */
  note(judgement: number | undefined, extraction: number, at: number): Noted {
    const isNew = judgement !== undefined && this.#tally.of('judgement') !== judgement
    this.#transaction(() => this.#tally.note(judgement, extraction, at))
    return { isNew, extractionSince: this.#tally.of('extraction-since') }
  }

  bodyOf(id: number): StoredBody | undefined {
    return this.#pages.bodyOf(id)
  }

  /** Replaces what was extracted from some pages. */
  keepRecords(records: readonly StoredRecord[]): StoreCounts {
    return this.#transaction(() => records.forEach((each) => this.#pages.keepRecord(each)))
  }

  cookies(): Jar[] {
    return jarsOf(this.#db)
  }

  keepCookies(jars: readonly Jar[]): void {
    this.#transaction(() => keepJars(this.#db, jars))
  }

  redirectsOf(urls: readonly string[]): RedirectOf[] {
    return redirectsOf(this.#db, urls)
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
      return this.#claims.take(limit, perOrigin, this.#tally.of('stale') > 0)
    } catch (error) {
      throw storeErrorOf(error, this.#file)
    }
  }

  counts(): StoreCounts {
    return this.#tally.counts()
  }

  close(): void {
    closeDatabase(this.#db)
    this.#owner[Symbol.dispose]()
  }

  #transaction(work: () => void): StoreCounts {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#tally.save()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#graph.forget()
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
        if (outcome.links !== undefined) {
          this.#storeLinks(entry, this.#graph.depthOf(entry.id), outcome.links)
        }
        break
      }
      case 'unchanged':
        this.#confirm(entry, outcome.fetchedAt, outcome.data)
        break
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
    const depth = this.#graph.depthOf(id)
    const target = redirect && this.#graph.link(redirect, depth, hops + 1)
    if (target !== undefined && this.#graph.leadsTo(target.id, id)) {
      const message = `redirects in a circle, by way of ${redirect?.url}`
      const { attempts, fetchedAt } = page
      this.#storeFailure(entry, 'redirect', 'REDIRECT_LOOP', message, attempts, fetchedAt)
      return
    }
    if (!this.#end(entry, 1)) return
    const same = page.hash === undefined ? undefined : this.#pages.firstWith(page.hash, id)
    this.#pages.insert(id, page, target?.id, same)
    this.#tally.add('pages', 1)
    this.#tally.add('bytes', page.bytes)
    // The links of a copy are those of what it is a copy of, or lead deeper and deeper into nowhere.
    if (same === undefined) this.#storeLinks(entry, depth, links)
  }

  #storeLinks(
    { id, hops, sitemap }: FrontierEntry,
    from: number,
    links: readonly StoredLink[],
  ): void {
    if (links.length === 0) return
    // Pages that a sitemap lists are as near as itself, and the number of sitemaps in each other counts.
    const depth = sitemap === true ? from : from + 1
    const packed = links.map((link) => {
      const known = this.#graph.link(link, depth, link.kind === 'sitemap' ? hops + 1 : 0)
      if (link.changedAt !== undefined) this.#queueChanged(known.id, link.changedAt)
      return packedLink(known.id, link.kind, link.nofollow)
    })
    this.#insertLinks.run(id, JSON.stringify(packed))
  }

  /** A page that changed since it was fetched is asked for again. */
  #queueChanged(id: number, changedAt: number): void {
    const { state } = this.#graph.stateOf(id)
    if (state === 1) queueStale(this.#db, this.#tally, changedAt, id)
  }

  #confirm(entry: FrontierEntry, fetchedAt: number, data: string | undefined): void {
    if (this.#finish.run(1, null, entry.id).changes === 0) return
    this.#tally.add('queued', -1)
    this.#tally.add('stale', -1)
    this.#tally.add('pages', 1)
    this.#tally.add('bytes', this.#pages.confirm(entry.id, fetchedAt, data))
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
    if (!ended) return false
    this.#tally.add('queued', -1)
    if (entry.before !== undefined) {
      this.#tally.add('stale', -1)
      this.#pages.forget(entry.id)
    }
    return true
  }
}
