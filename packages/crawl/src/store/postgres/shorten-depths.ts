import { sql, type Executor } from '@corral/db'
import type { Deltas } from './deltas.ts'
import { makeReady } from './ready-origins.ts'

/** A URL and a depth that it may have. */
export interface Closer {
  readonly id: number
  readonly depth: number
}

interface Shortened extends Closer {
  readonly state: number
  readonly reason: string | null
  readonly origin: number
  readonly redirect: number | null
}

/**
 * Depth is the shortest way from a seed whatever the order in which answers came, or the pages within a depth would depend on
 * that order: a shorter way to a page that is stored shortens those of its links as well, link by link.
 */
export async function shortenDepths(
  tx: Executor,
  deltas: Deltas,
  closer: readonly Closer[],
  maxDepth: number,
): Promise<void> {
  const ready = new Set<number>()
  for (let next = nearest(closer); next.length > 0;) {
    const rows = await tx.query<Shortened>(
      sql`update url set depth = c.depth
          from unnest(${next.map(({ id }) => id)}::int8[], ${next.map(({ depth }) => depth)}::int4[]) c (id, depth)
            left join page on page.url_id = c.id
          where url.id = c.id and url.depth > c.depth
          returning url.id::float8 as id, url.depth, state, reason, origin_id::float8 as origin,
            redirect_id::float8 as redirect`,
    )
    const within = rows.filter(
      ({ state, reason, depth }) => state === 3 && reason === 'depth' && depth <= maxDepth,
    )
    if (within.length > 0) {
      await tx.execute(
        sql`update url set state = 0, reason = null, hops = 0 where id = any(${within.map(({ id }) => id)})`,
      )
      deltas.add('queued', within.length)
      deltas.add('skipped', -within.length)
      for (const { origin } of within) ready.add(origin)
    }
    next = nearest(await behind(tx, rows))
  }
  await makeReady(tx, ready)
}

/** Where pages that came closer lead. */
async function behind(tx: Executor, rows: readonly Shortened[]): Promise<Closer[]> {
  const done = rows.filter(({ state }) => state === 1)
  if (done.length === 0) return []
  const found: Closer[] = done.flatMap(({ redirect, depth }) =>
    redirect === null ? [] : [{ id: redirect, depth }],
  )
  const depths = new Map(done.map(({ id, depth }) => [id, depth]))
  const links = await tx.query<{ from: number; to: number }>(
    sql`select from_id::float8 as "from", to_id::float8 as "to" from link
        where from_id = any(${[...depths.keys()]}) and traits & 1 = 0`,
  )
  for (const { from, to } of links) found.push({ id: to, depth: (depths.get(from) ?? 0) + 1 })
  return found
}

/** Of each the smallest. */
function nearest(closer: readonly Closer[]): Closer[] {
  const depths = new Map<number, number>()
  for (const { id, depth } of closer) depths.set(id, Math.min(depth, depths.get(id) ?? Infinity))
  return [...depths].map(([id, depth]) => ({ id, depth }))
}
