import { sql, type Executor } from '@corral/db'
import { GenerationCache } from '../../url/generation-cache.ts'
import { originOf } from '../../url/origin.ts'
import type { TrapLimits } from '../../url/trap.ts'
import { TrapDetector } from '../trap-detector.ts'
import type { Deltas } from './deltas.ts'
import { mergeLinks, type Arrival, type Target } from './merge-links.ts'
import { makeReady } from './ready-origins.ts'
import { shortenDepths, type Closer } from './shorten-depths.ts'
import { urlKey } from './url-key.ts'

export interface LinkingOptions {
  readonly maxDepth: number
  readonly traps: Partial<TrapLimits> | undefined
}

/** What is remembered of a URL that is followed: that never changes, but for a depth that becomes smaller. */
interface Known {
  readonly id: number
  readonly depth: number
}

interface Row extends Known {
  readonly key: string
  readonly state: number
  readonly reason: string | null
}

/** Entries of each of the two generations that are remembered. */
const generation = 16_384

/**
 * Finds or makes the rows that links lead to, many at a time: a way that is free queues what was skipped, a shorter one
 * brings pages closer. Inside a transaction that holds the lock.
 */
export class UrlLinker {
  readonly #options: LinkingOptions
  readonly #known = new GenerationCache<string, Known>(generation)
  readonly #origins = new GenerationCache<string, number>(generation)

  constructor(options: LinkingOptions) {
    this.#options = options
  }

  /** What was learnt in a transaction that was rolled back is not so. */
  forget(): void {
    this.#known.clear()
    this.#origins.clear()
  }

  /** The numbers of the URLs, and those among them that a shorter way was found to: for `shortenDepths`. */
  async link(
    tx: Executor,
    deltas: Deltas,
    arrivals: Iterable<Arrival>,
  ): Promise<{ readonly ids: Map<string, number>; readonly closer: Closer[] }> {
    const targets = mergeLinks(arrivals, this.#options.maxDepth)
    const ids = new Map<string, number>()
    const closer: Closer[] = []
    const unknown: Target[] = []
    for (const target of targets.values()) {
      const known = this.#known.get(target.url)
      if (known === undefined) {
        unknown.push(target)
        continue
      }
      ids.set(target.url, known.id)
      if (target.skip === undefined && target.depth < known.depth) {
        this.#remember(target.url, { id: known.id, depth: target.depth })
        closer.push({ id: known.id, depth: target.depth })
      }
    }
    if (unknown.length === 0) {
      await ask(tx, targets.values(), ids)
      return { ids, closer }
    }
    const rows = await rowsOf(tx, unknown)
    const revived: (Known & { readonly hops: number })[] = []
    const created: Target[] = []
    for (const target of unknown) {
      const row = rows.get(urlKey(target.url))
      if (row === undefined) {
        created.push(target)
        continue
      }
      const { id, state, reason } = row
      ids.set(target.url, id)
      const { depth, hops, skip } = target
      if (state === 3) {
        if (skip !== undefined || reason === 'robots' || reason === 'trap') continue
        revived.push({ id, depth, hops })
        this.#remember(target.url, { id, depth })
        continue
      }
      const isCloser = skip === undefined && depth < row.depth
      if (isCloser) closer.push({ id, depth })
      this.#remember(target.url, { id, depth: isCloser ? depth : row.depth })
    }
    await this.#create(tx, deltas, created, ids)
    await queueRevived(tx, deltas, revived)
    await ask(tx, targets.values(), ids)
    return { ids, closer }
  }

  /** Lets shorter ways have their effect on what lies behind. */
  async shorten(tx: Executor, deltas: Deltas, closer: readonly Closer[]): Promise<void> {
    await shortenDepths(tx, deltas, closer, this.#options.maxDepth)
  }

  #remember(url: string, known: Known): void {
    this.#known.set(url, known)
  }

  async #create(
    tx: Executor,
    deltas: Deltas,
    targets: readonly Target[],
    ids: Map<string, number>,
  ): Promise<void> {
    if (targets.length === 0) return
    const origins = await this.#originsOf(tx, targets)
    const traps = await this.#trapsOf(tx, deltas, targets)
    const rows = targets.map((target) => {
      const trapped = target.skip === undefined && target.suspect && traps.catches(target.url)
      return { ...target, key: urlKey(target.url), skip: trapped ? 'trap' : target.skip }
    })
    const column = <T>(of: (row: (typeof rows)[number]) => T): T[] => rows.map(of)
    const made = await tx.query<{ key: string; id: number }>(
      sql`insert into url (key, url, origin_id, depth, hops, state, reason, role, priority, request)
          select * from unnest(${column(({ key }) => key)}::uuid[], ${column(({ url }) => url)}::text[],
            ${column(({ url }) => origins.get(originOf(url)) as number)}::int8[],
            ${column(({ depth }) => depth)}::int4[], ${column(({ hops }) => hops)}::int4[],
            ${column(({ skip }) => (skip === undefined ? 0 : 3))}::int2[],
            ${column(({ skip }) => skip ?? null)}::text[],
            ${column(({ sitemap }) => Number(sitemap))}::int2[],
            ${column(({ priority }) => priority)}::int8[],
            ${column(({ request }) => request ?? null)}::text[])
          returning replace(key::text, '-', '') as key, id::float8 as id`,
    )
    const idOf = new Map(made.map(({ key, id }) => [key, id]))
    for (const { key, url, depth, skip } of rows) {
      const id = idOf.get(key) as number
      ids.set(url, id)
      if (skip === undefined) this.#remember(url, { id, depth })
      deltas.add(skip === undefined ? 'queued' : 'skipped', 1)
    }
    const free = rows.filter(({ skip }) => skip === undefined)
    await makeReady(tx, new Set(free.map(({ url }) => origins.get(originOf(url)) as number)))
  }

  async #originsOf(tx: Executor, targets: readonly Target[]): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    const missing = new Set<string>()
    for (const { url } of targets) {
      const origin = originOf(url)
      const id = this.#origins.get(origin)
      if (id === undefined) missing.add(origin)
      else found.set(origin, id)
    }
    if (missing.size === 0) return found
    const names = [...missing]
    await tx.execute(
      sql`insert into origin (origin) select * from unnest(${names}::text[]) on conflict do nothing`,
    )
    const rows = await tx.query<{ id: number; origin: string }>(
      sql`select id::float8 as id, origin from origin where origin = any(${names})`,
    )
    for (const { id, origin } of rows) {
      found.set(origin, id)
      this.#origins.set(origin, id)
    }
    return found
  }

  /** A detector that knows all that it will be asked. */
  async #trapsOf(tx: Executor, deltas: Deltas, targets: readonly Target[]): Promise<TrapDetector> {
    const suspects = new Map<string, number>()
    const variants = new Map<string, number>()
    const detector = new TrapDetector(
      {
        variantsOf: (path) => variants.get(path) ?? 0,
        suspectsOf: (suspicion) =>
          (suspects.get(suspicion) ?? 0) + deltas.of(`suspects:${suspicion}`),
        admit: (suspicion) => deltas.add(`suspects:${suspicion}`, 1),
      },
      this.#options.traps,
    )
    const asked = targets.filter(({ suspect }) => suspect).map(({ url }) => detector.asks(url))
    const names = asked.flatMap(({ suspicion }) =>
      suspicion === undefined ? [] : [`suspects:${suspicion}`],
    )
    if (names.length > 0) {
      const rows = await tx.query<{ name: string; value: number }>(
        sql`select name, value::float8 as value from tally where name = any(${names})`,
      )
      for (const { name, value } of rows) suspects.set(name.slice('suspects:'.length), value)
    }
    const paths = new Set(asked.flatMap(({ path }) => (path === undefined ? [] : [path])))
    if (paths.size > 0) {
      const rows = await tx.query<{ path: string; count: number }>(
        sql`select p.path, (select count(*)::float8 from (select 1 from url
                where url like '%&%&%' and reason is distinct from 'trap' and starts_with(url, p.path || '?')
                  and left(url, 1000) collate "C" >= left(p.path || '?', 1000)
                  and left(url, 1000) collate "C" <= left(p.path || '@', 1000)
                limit ${detector.maxVariants + 1}) found) as count
            from unnest(${[...paths]}::text[]) p (path)`,
      )
      for (const { path, count } of rows) variants.set(path, count)
    }
    return detector
  }
}

async function rowsOf(tx: Executor, targets: readonly Target[]): Promise<Map<string, Row>> {
  const keys = targets.map(({ url }) => urlKey(url))
  const rows = await tx.query<Row>(
    sql`select replace(key::text, '-', '') as key, id::float8 as id, depth, state, reason
        from url where key = any(${keys}::uuid[])`,
  )
  return new Map(rows.map((row) => [row.key, row]))
}

/** What was queued for a plain link is asked for as somebody wants it. */
async function ask(
  tx: Executor,
  targets: Iterable<Target>,
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  const asking = [...targets].filter(({ request }) => request !== undefined)
  if (asking.length === 0) return
  await tx.execute(
    sql`update url set request = c.request
        from unnest(${asking.map(({ url }) => ids.get(url) as number)}::int8[],
          ${asking.map(({ request }) => request as string)}::text[]) c (id, request)
        where url.id = c.id and url.request is null and state in (0, 3)`,
  )
}

/** What was skipped for the way that led there is queued once a way is found that may be followed. */
async function queueRevived(
  tx: Executor,
  deltas: Deltas,
  revived: readonly (Known & { readonly hops: number })[],
): Promise<void> {
  if (revived.length === 0) return
  const rows = await tx.query<{ origin: number }>(
    sql`update url set state = 0, reason = null, depth = c.depth, hops = c.hops
        from unnest(${revived.map(({ id }) => id)}::int8[], ${revived.map(({ depth }) => depth)}::int4[],
          ${revived.map(({ hops }) => hops)}::int4[]) c (id, depth, hops)
        where url.id = c.id and state = 3 returning origin_id::float8 as origin`,
  )
  deltas.add('queued', rows.length)
  deltas.add('skipped', -rows.length)
  await makeReady(tx, new Set(rows.map(({ origin }) => origin)))
}
