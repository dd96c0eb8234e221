import { sql, type Database, type Transaction } from '@corral/db'
import { now, shield, sleep } from 'corral'
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
  StoredRecord,
} from '../outcome.ts'
import type { StoreOptions } from '../open-store.ts'
import type { HostPace, ShareListener, Store, StoreShare } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { countsOf, Deltas } from './deltas.ts'
import { HostShare } from './host-share.ts'
import { UrlLinker } from './link-urls.ts'
import { bodyOf, redirectsOf } from './look-ups.ts'
import { buryDead, Membership } from './membership.ts'
import { note } from './note.ts'
import { postgresErrorOf } from './postgres-error.ts'
import { queueFailed, queueSkipped, queueStale, queueWithinDepth } from './queue-again.ts'
import { keepRecords } from './insert-kept.ts'
import { storeOutcomes } from './store-outcomes.ts'
import { urlKey } from './url-key.ts'

/** Milliseconds between two times that it says that it lives. */
const beat = 1000

/** The lock under which everything changes: what a transaction decides stays true until it is committed. */
const lock = sql`select pg_advisory_xact_lock(hashtextextended('corral crawl ' || current_schema(), 0))`

interface Member {
  readonly membership: Membership
  readonly hosts: HostShare
}

/**
 * A store in PostgreSQL. Everything that changes it is one transaction under one lock, as there is one writer of a file; who
 * crawls into it says so, has some of the hosts, and loses them when it is silent for too long.
 */
export class PostgresStore implements Store, StoreShare {
  readonly file: string
  readonly #db: Database
  readonly #linker: UrlLinker
  readonly #maxDepth: number
  #counts: StoreCounts = { queued: 0, pages: 0, failed: 0, skipped: 0, bytes: 0, failures: {} }
  #me: Member | undefined
  #paceOf: (origin: string) => HostPace | undefined = () => undefined
  #closed = false

  constructor(shown: string, db: Database, { maxDepth = Infinity, traps }: StoreOptions) {
    this.file = shown
    this.#db = db
    this.#maxDepth = maxDepth
    this.#linker = new UrlLinker({ maxDepth, traps })
  }

  get share(): StoreShare {
    return this
  }

  get held(): boolean {
    return now() < (this.#me?.membership.heldUntil ?? -Infinity)
  }

  get counts(): StoreCounts {
    return this.#counts
  }

  async load(): Promise<void> {
    this.#counts = await countsOf(this.#db)
  }

  async seed(urls: readonly (string | Seed)[]): Promise<void> {
    await this.#change(async (tx, deltas) => {
      const ids = await this.#link(tx, deltas, urls, 'seed')
      await queueFailed(tx, deltas, { ids })
      await queueWithinDepth(tx, deltas, this.#maxDepth)
    })
  }

  async seedSitemaps(urls: readonly string[], before = 0): Promise<void> {
    await this.#change(async (tx, deltas) => {
      const ids = await this.#link(tx, deltas, urls, 'sitemap')
      await queueFailed(tx, deltas, { ids })
      await queueStale(
        tx,
        deltas,
        ids.map((id) => ({ id, before })),
      )
    })
  }

  async refresh(before: number): Promise<void> {
    await this.#change((tx, deltas) =>
      queueStale(tx, deltas, [{ before: Math.min(before, Number.MAX_SAFE_INTEGER) }]),
    )
  }

  async retryFailed(): Promise<void> {
    await this.#change((tx, deltas) => queueFailed(tx, deltas))
  }

  async retryRefused(): Promise<void> {
    await this.#change((tx, deltas) => queueFailed(tx, deltas, { kinds: ['address', 'robots'] }))
  }

  async skipped(after: number, limit: number, reason?: string): Promise<SkippedUrl[]> {
    return await this.#read((db) =>
      db.query<SkippedUrl>(
        sql`select id::float8 as id, url, depth, reason from url
            where state = 3 and id > ${after} and (${reason ?? null}::text is null or reason = ${reason ?? null})
            order by id limit ${limit}`,
      ),
    )
  }

  async unskip(ids: readonly number[]): Promise<void> {
    await this.#change((tx, deltas) => queueSkipped(tx, deltas, ids))
  }

  async note(judgement: number | undefined, extraction: number, at: number): Promise<Noted> {
    return await this.#change((tx) => note(tx, judgement, extraction, at))
  }

  async bodyOf(id: number): Promise<StoredBody | undefined> {
    return await this.#read((db) => bodyOf(db, id))
  }

  async keepRecords(records: readonly StoredRecord[]): Promise<void> {
    await this.#change((tx) => keepRecords(tx, records))
  }

  async cookies(): Promise<Jar[]> {
    return await this.#read((db) => db.query<Jar>(sql`select domain, jar from cookie`))
  }

  async keepCookies(jars: readonly Jar[]): Promise<void> {
    if (jars.length === 0) return
    await this.#change((tx) =>
      tx.execute(
        sql`insert into cookie values ${sql.values(jars.map(({ domain, jar }) => [domain, jar]))}
            on conflict (domain) do update set jar = excluded.jar`,
      ),
    )
  }

  async redirectsOf(urls: readonly string[]): Promise<RedirectOf[]> {
    const rows = await this.#read((db) => redirectsOf(db, urls.map(urlKey)))
    return rows.map(({ source, target }) => ({ source, target }))
  }

  async commit(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return
    await this.#change(async (tx, deltas) => {
      await this.#me?.membership.require(tx, this.file)
      await storeOutcomes(tx, deltas, this.#linker, outcomes)
    })
    for (const { entry } of outcomes) this.#me?.hosts.release(entry.id)
  }

  async claim(limit: number, perOrigin: number): Promise<FrontierEntry[]> {
    return await this.#change(async (tx) => {
      if (this.#me === undefined) await buryDead(tx)
      const { membership, hosts } = await this.#member(tx)
      await membership.require(tx, this.file)
      return await hosts.claim(tx, limit, perOrigin)
    })
  }

  async keep(listener: ShareListener): Promise<never> {
    this.#paceOf = (origin) => listener.paceOf(origin)
    for (;;) {
      await this.#beat()
      listener.changed()
      await sleep(beat)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await shield(async () => {
      try {
        await this.#leave()
      } finally {
        await this.#db.close()
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #link(
    tx: Transaction,
    deltas: Deltas,
    urls: readonly (string | Seed)[],
    kind: string,
  ): Promise<number[]> {
    const links = urls.map((each) => {
      const seed = typeof each === 'string' ? { url: each } : each
      return { link: { ...seed, kind, nofollow: false }, depth: 0, hops: 0 }
    })
    const { ids, closer } = await this.#linker.link(tx, deltas, links)
    await this.#linker.shorten(tx, deltas, closer)
    return [...ids.values()]
  }

  /** Says that this one lives, looks after the others, and takes no more than its share. */
  async #beat(): Promise<void> {
    await this.#change(async (tx) => {
      const { membership, hosts } = await this.#member(tx)
      await membership.renew(tx, this.file)
      await hosts.balance(tx, await buryDead(tx))
      await hosts.giveAway(tx, this.#paceOf, 'idle')
      await hosts.notePaces(tx, this.#paceOf, now())
    })
  }

  /** Who only looks, or queues something, is no member. */
  async #member(tx: Transaction): Promise<Member> {
    if (this.#me !== undefined) return this.#me
    const membership = await Membership.join(tx)
    // Now, under the lock: after the commit whoever has the lock next might already have joined again.
    this.#me = { membership, hosts: new HostShare(membership.id) }
    return this.#me
  }

  /** What it has not finished is there for others at once, after the delays that they must keep. */
  async #leave(): Promise<void> {
    const me = this.#me
    if (me === undefined) return
    try {
      await this.#transact(async (tx) => {
        await me.hosts.giveAway(tx, this.#paceOf, 'all')
        await me.membership.leave(tx)
      })
    } catch (error) {
      // It cannot be reached: others take over when the time of this one is over.
      if (!(error instanceof StoreError)) throw error
    }
  }

  async #read<T>(work: (db: Database) => Promise<T>): Promise<T> {
    this.#requireOpen()
    try {
      return await work(this.#db)
    } catch (error) {
      throw postgresErrorOf(error, this.file)
    }
  }

  async #change<T>(work: (tx: Transaction, deltas: Deltas) => Promise<T>): Promise<T> {
    this.#requireOpen()
    return await this.#transact(work)
  }

  /** Runs a transaction to its end, whatever is cancelled: who asked must know what came of it. */
  async #transact<T>(work: (tx: Transaction, deltas: Deltas) => Promise<T>): Promise<T> {
    try {
      return await shield(() =>
        this.#db.transaction(async (tx) => {
          await tx.query(lock)
          const before = this.#me
          const heldUntil = before?.membership.heldUntil ?? -Infinity
          try {
            const deltas = new Deltas()
            const result = await work(tx, deltas)
            await deltas.save(tx)
            this.#counts = await countsOf(tx)
            return result
          } catch (error) {
            // While the lock is held: what it said of this program is not so.
            this.#me = before
            if (before !== undefined) before.membership.heldUntil = heldUntil
            throw error
          }
        }),
      )
    } catch (error) {
      this.#linker.forget()
      throw postgresErrorOf(error, this.file)
    }
  }

  #requireOpen(): void {
    if (!this.#closed) return
    throw new StoreError('STORE_FAILED', this.file, `store ${this.file} is closed; open it again`)
  }
}
