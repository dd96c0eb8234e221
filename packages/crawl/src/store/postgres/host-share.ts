import { sql, type Executor } from '@corral/db'
import type { FrontierEntry } from '../outcome.ts'
import type { HostPace } from '../store.ts'
import type { Roll } from './membership.ts'

/** A host that this program has. */
interface Host {
  readonly id: number
  readonly origin: string
  /** URLs that were handed out and have no outcome yet. */
  readonly claimed: Set<number>
  /** Nothing more of it is handed out: it is to be given away. */
  leaving: boolean
  /** Milliseconds that who had it before leaves to be waited for. */
  pause: number
  /** What others are told of how it is asked. */
  delay: number
  pausedUntil: number
}

interface QueuedRow {
  readonly host: number
  readonly id: number
  readonly url: string
  readonly depth: number
  readonly hops: number
  readonly role: number
  readonly request: string | null
  readonly etag: string | null
  readonly lastModified: string | null
  readonly fetchedAt: number | null
  readonly hasBody: boolean
}

/** Hosts that are taken at a time, at least. */
const fewest = 8
/** Hosts that are counted; of more every program has enough. */
const countable = 10_000
/** How many more than its share one may have before it gives some away. */
const slack = 1.1

/**
 * The hosts that one of several programs has, and what of them was handed out: kept in memory, since what is handed out
 * belongs to who has the host. Inside transactions that hold the lock.
 */
export class HostShare {
  readonly #worker: number
  readonly #hosts = new Map<number, Host>()
  readonly #hostOf = new Map<number, Host>()
  #most = Infinity

  constructor(worker: number) {
    this.#worker = worker
  }

  /**
   * Up to `limit` URLs; of one host no more than `perOrigin`, counting those handed out before. Hosts take turns, new ones
   * first, so that one with a million URLs keeps nobody waiting.
   */
  async claim(tx: Executor, limit: number, perOrigin: number): Promise<FrontierEntry[]> {
    const taken: FrontierEntry[] = []
    const old = [...this.#hosts.values()]
    const step = Math.max(fewest, Math.ceil(limit / perOrigin))
    let hosts = [...(await this.#acquire(tx, fewest)), ...old]
    while (hosts.length > 0) {
      for (let i = 0; i < hosts.length && taken.length < limit; i += step) {
        await this.#take(tx, hosts.slice(i, i + step), limit, perOrigin, taken)
      }
      if (taken.length >= limit) break
      hosts = await this.#acquire(tx, step)
    }
    return taken
  }

  /** The outcome of a URL is stored. */
  release(id: number): void {
    this.#hostOf.get(id)?.claimed.delete(id)
    this.#hostOf.delete(id)
  }

  /**
   * How many hosts this one may have: the rest is left to the other programs. What one that was buried has left is anybody's
   * at first, so that nobody waits for a program that may be dead as well; too much of it is given away later.
   */
  async balance(tx: Executor, { present, buried }: Roll): Promise<void> {
    this.#most = Infinity
    for (const host of this.#hosts.values()) host.leaving = false
    if (present < 2 || buried) return
    const { count } = await tx.one<{ count: number }>(
      sql`select count(*)::float8 as count from (select 1 from origin where ready limit ${countable}) ready`,
    )
    if (count >= countable) return
    this.#most = Math.ceil(count / present)
    if (this.#hosts.size <= this.#most * slack) return
    // Those with the least to wait for.
    const hosts = [...this.#hosts.values()].toSorted((a, b) => a.claimed.size - b.claimed.size)
    for (const host of hosts.slice(0, hosts.length - this.#most)) host.leaving = true
  }

  /** Gives away hosts of which nothing is under way, and of which nothing is queued, or that are leaving; or all. */
  async giveAway(
    tx: Executor,
    paceOf: (origin: string) => HostPace | undefined,
    which: 'idle' | 'all',
  ): Promise<void> {
    const hosts = [...this.#hosts.values()].filter(
      ({ claimed }) => which === 'all' || claimed.size === 0,
    )
    if (hosts.length === 0) return
    const paces = hosts.map((host) => paceFor(host, paceOf))
    const must = hosts.map(({ leaving }) => leaving || which === 'all')
    const rows = await tx.query<{ id: number }>(
      sql`with given as (select c.*, exists (select 1 from url where origin_id = c.id and state = 0) as queued
            from unnest(${hosts.map(({ id }) => id)}::int8[], ${paces.map(({ delay }) => delay)}::float8[],
              ${paces.map((pace) => Math.max(pace.pause, pace.delay))}::float8[], ${must}::boolean[]) c (id, delay, pause, must))
          update origin set worker_id = null, ready = queued, delay = given.delay,
            next_start = clock_timestamp() + given.pause * interval '1 millisecond'
          from given where origin.id = given.id and worker_id = ${this.#worker} and (must or not queued)
          returning origin.id::float8 as id`,
    )
    for (const { id } of rows) this.#forget(id)
  }

  /** Notes how hosts are asked, for who must take over without being told. */
  async notePaces(
    tx: Executor,
    paceOf: (origin: string) => HostPace | undefined,
    now: number,
  ): Promise<void> {
    const changed = [...this.#hosts.values()].flatMap((host) => {
      const pace = paceFor(host, paceOf)
      // A delay is waited for by who takes over in any case.
      const pausedUntil = pace.pause > pace.delay ? now + pace.pause : host.pausedUntil
      if (pace.delay === host.delay && pausedUntil - host.pausedUntil < 100) return []
      host.delay = pace.delay
      host.pausedUntil = pausedUntil
      return [{ id: host.id, ...pace }]
    })
    if (changed.length === 0) return
    await tx.execute(
      sql`update origin set delay = c.delay, next_start = clock_timestamp() + c.pause * interval '1 millisecond'
          from unnest(${changed.map(({ id }) => id)}::int8[], ${changed.map(({ delay }) => delay)}::float8[],
            ${changed.map(({ pause }) => pause)}::float8[]) c (id, delay, pause)
          where origin.id = c.id and worker_id = ${this.#worker}`,
    )
  }

  async #acquire(tx: Executor, count: number): Promise<Host[]> {
    const room = Math.min(count, this.#most - this.#hosts.size)
    if (room <= 0) return []
    const rows = await tx.query<{ id: number; origin: string; delay: number; pause: number }>(
      sql`update origin set worker_id = ${this.#worker}
          where id in (select id from origin where ready and worker_id is null order by id limit ${room})
          returning id::float8 as id, origin, delay,
            greatest(0, extract(epoch from next_start - clock_timestamp()) * 1000)::float8 as pause`,
    )
    return rows.map((row) => {
      const host: Host = { ...row, claimed: new Set(), leaving: false, pausedUntil: 0 }
      this.#hosts.set(host.id, host)
      return host
    })
  }

  async #take(
    tx: Executor,
    hosts: readonly Host[],
    limit: number,
    perOrigin: number,
    taken: FrontierEntry[],
  ): Promise<void> {
    const open = hosts.filter(({ claimed, leaving }) => !leaving && claimed.size < perOrigin)
    if (open.length === 0) return
    // Those handed out are still queued in the table: look past as many as there are.
    const wanted = open.map(({ claimed }) => Math.min(perOrigin, limit + claimed.size))
    const rows = await tx.query<QueuedRow>(
      sql`select h.id::float8 as host, u.id::float8 as id, u.url, u.depth, u.hops, u.role, u.request,
            p.etag, p.last_modified as "lastModified", p.fetched_at::float8 as "fetchedAt",
            exists (select 1 from body where body.url_id = p.url_id) as "hasBody"
          from unnest(${open.map(({ id }) => id)}::int8[], ${wanted}::int4[]) h (id, wanted)
            cross join lateral (select id, url, depth, hops, role, request from url
              where state = 0 and origin_id = h.id order by priority desc, depth, id limit h.wanted) u
            left join page p on p.url_id = u.id`,
    )
    for (const row of rows) {
      const host = this.#hosts.get(row.host)
      if (host === undefined || host.claimed.has(row.id) || host.claimed.size >= perOrigin) continue
      if (taken.length >= limit) break
      host.claimed.add(row.id)
      this.#hostOf.set(row.id, host)
      taken.push(host.pause > 0 ? { ...entryOf(row), pause: host.pause } : entryOf(row))
    }
    for (const host of open) {
      if (host.claimed.size > 0) host.pause = 0
      // To the end of the line.
      this.#hosts.delete(host.id)
      this.#hosts.set(host.id, host)
    }
  }

  #forget(id: number): void {
    const host = this.#hosts.get(id)
    for (const url of host?.claimed ?? []) this.#hostOf.delete(url)
    this.#hosts.delete(id)
  }
}

function paceFor(host: Host, paceOf: (origin: string) => HostPace | undefined): HostPace {
  return paceOf(host.origin) ?? { delay: host.delay, pause: host.pause }
}

function entryOf(row: QueuedRow): FrontierEntry {
  const { id, url, depth, hops, role, request, etag, lastModified, fetchedAt, hasBody } = row
  return {
    id,
    url,
    depth,
    hops,
    ...(role === 1 ? { sitemap: true } : {}),
    ...(request === null ? {} : { request }),
    ...(fetchedAt === null
      ? {}
      : {
          before: {
            etag: etag ?? undefined,
            lastModified: lastModified ?? undefined,
            fetchedAt,
            ...(hasBody ? { hasBody: true } : {}),
          },
        }),
  }
}
