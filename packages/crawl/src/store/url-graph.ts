import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoredLink } from './outcome.ts'
import type { Tally } from './tally.ts'
import type { TrapLimits } from '../url/trap.ts'
import { sqliteTraps } from './sqlite-traps.ts'
import { TrapDetector } from './trap-detector.ts'
import { UrlTable, type KnownUrl } from './url-table.ts'

export interface UrlGraphOptions {
  /** Links followed from a seed at most: what a shorter way brings within it is queued. */
  readonly maxDepth?: number
  /** From where on URLs are taken for traps. */
  readonly traps?: Partial<TrapLimits>
}

/**
 * The URLs and what links between them do: a way that is free queues what was skipped, a shorter one brings pages
 * closer. All of it inside a transaction of the store.
 */
export class UrlGraph {
  readonly #db: DatabaseSync
  readonly #tally: Tally
  readonly #maxDepth: number
  readonly #urls: UrlTable
  readonly #queue: StatementSync
  readonly #shorten: StatementSync
  readonly #ask: StatementSync
  readonly #stateOf: StatementSync
  readonly #selectDepth: StatementSync
  readonly #linksOf: StatementSync
  readonly #redirectOf: StatementSync

  constructor(db: DatabaseSync, tally: Tally, { maxDepth = Infinity, traps }: UrlGraphOptions) {
    this.#db = db
    this.#tally = tally
    this.#maxDepth = maxDepth
    this.#urls = new UrlTable(db, new TrapDetector(sqliteTraps(db, tally), traps))
    this.#queue = db.prepare(
      'UPDATE url SET state = 0, reason = NULL, depth = ?, hops = ? WHERE id = ? AND state = 3',
    )
    this.#shorten = db.prepare('UPDATE url SET depth = ? WHERE id = ? AND depth > ?')
    this.#ask = db.prepare(
      'UPDATE url SET request = ? WHERE id = ? AND request IS NULL AND state IN (0, 3)',
    )
    this.#stateOf = db.prepare('SELECT state, reason FROM url WHERE id = ?')
    this.#selectDepth = db.prepare('SELECT depth FROM url WHERE id = ?')
    this.#linksOf = db.prepare('SELECT to_id AS id FROM link WHERE from_id = ? AND traits & 1 = 0')
    this.#redirectOf = db.prepare('SELECT redirect_id AS id FROM page WHERE url_id = ?')
  }

  /** Forgets what is remembered: what was learnt in a transaction that was rolled back is not so. */
  forget(): void {
    this.#urls.forget()
  }

  stateOf(id: number): { readonly state: number; readonly reason: string | null } {
    return this.#stateOf.get(id) as { state: number; reason: string | null }
  }

  /** The depth as it is now: a shorter way may have been found since the URL was handed out. */
  depthOf(id: number): number {
    return (this.#selectDepth.get(id) as { depth: number }).depth
  }

  /** Finds or creates the row a link leads to, and lets a way that is free or shorter have its effect. */
  link(link: StoredLink, depth: number, hops: number): KnownUrl {
    // Who decided about the depth may not have known the shortest way.
    const skip = link.skip === 'depth' && depth <= this.#maxDepth ? undefined : link.skip
    const { known, created } = this.#urls.intern({
      url: link.url,
      depth,
      hops,
      skip,
      sitemap: link.kind === 'sitemap',
      priority: link.priority,
      request: link.request,
      // Seeds and what sitemaps list were named on purpose.
      suspect: link.kind !== 'seed' && link.kind !== 'listed',
    })
    // What was queued for a plain link is asked for as somebody wants it.
    if (!created && link.request !== undefined) this.#ask.run(link.request, known.id)
    if (created) {
      this.#tally.add(known.skipped ? 'skipped' : 'queued', 1)
    } else if (skip === undefined) {
      if (known.skipped) this.#queueAgain(known, depth, hops)
      else if (known.depth > depth) this.#bringCloser(known, depth)
    }
    return known
  }

  /** What was skipped for the way that led there is queued once a way is found that may be followed. */
  #queueAgain(known: KnownUrl, depth: number, hops: number): void {
    known.skipped = false
    const { reason } = this.stateOf(known.id)
    if (
      reason === 'robots' ||
      reason === 'trap' ||
      this.#queue.run(depth, hops, known.id).changes === 0
    ) {
      return
    }
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
      const { state, reason } = this.stateOf(next.id)
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
  queueWithinDepth(): void {
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
  leadsTo(from: number, to: number): boolean {
    let at: number | null | undefined = from
    for (let hops = 0; typeof at === 'number' && hops < 50; hops++) {
      if (at === to) return true
      at = (this.#redirectOf.get(at) as { id: number | null } | undefined)?.id
    }
    return false
  }
}
