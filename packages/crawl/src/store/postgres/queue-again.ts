import { sql, type Executor } from '@corral/db'
import type { Deltas } from './deltas.ts'
import { makeAllReady } from './ready-origins.ts'

/** Queues failed URLs again, as if they had never been tried: all, those of some kinds, or those with some numbers. */
export async function queueFailed(
  tx: Executor,
  deltas: Deltas,
  only: { readonly kinds?: readonly string[]; readonly ids?: readonly number[] } = {},
): Promise<void> {
  const { kinds = null, ids = null } = only
  const rows = await tx.query<{ id: number; kind: string }>(
    sql`delete from failure where (${kinds}::text[] is null or kind = any(${kinds}::text[]))
          and (${ids}::int8[] is null or url_id = any(${ids}::int8[]))
        returning url_id::float8 as id, kind`,
  )
  if (rows.length === 0) return
  await tx.execute(
    sql`update url set state = 0 where state = 2 and id = any(${rows.map(({ id }) => id)})`,
  )
  for (const { kind } of rows) deltas.add(`failed:${kind}`, -1)
  deltas.add('failed', -rows.length)
  deltas.add('queued', rows.length)
  await makeAllReady(tx)
}

/** Pages that were fetched before a time, in milliseconds since the epoch; all of a store, or those with some numbers. */
export interface Stale {
  readonly before: number
  readonly id?: number
}

/**
 * Queues pages again that were fetched before a time, to be asked for again; what is known of them stays until there is
 * an answer.
 */
export async function queueStale(
  tx: Executor,
  deltas: Deltas,
  stale: readonly Stale[],
): Promise<void> {
  if (stale.length === 0) return
  const [all] = stale.filter(({ id }) => id === undefined)
  const which =
    all === undefined
      ? sql`from unnest(${stale.map(({ id }) => id as number)}::int8[], ${stale.map(({ before }) => before)}::int8[]) c (id, before),
          page where c.id = url.id and page.url_id = url.id and page.fetched_at < c.before`
      : sql`from page where page.url_id = url.id and page.fetched_at < ${all.before}`
  const { count, bytes } = await tx.one<{ count: number; bytes: number }>(
    sql`with changed as (update url set state = 0 ${which} and url.state = 1 returning page.bytes)
        select count(*)::float8 as count, coalesce(sum(bytes), 0)::float8 as bytes from changed`,
  )
  if (count === 0) return
  deltas.add('pages', -count)
  deltas.add('bytes', -bytes)
  deltas.add('queued', count)
  deltas.add('stale', count)
  await makeAllReady(tx)
}

/** Queues skipped URLs after all. */
export async function queueSkipped(
  tx: Executor,
  deltas: Deltas,
  ids: readonly number[],
): Promise<void> {
  const { count } = await tx.execute(
    sql`update url set state = 0, reason = null where state = 3 and id = any(${ids}::int8[])`,
  )
  deltas.add('queued', count)
  deltas.add('skipped', -count)
  if (count > 0) await makeAllReady(tx)
}

/** A depth that was raised since the last time lets in what it kept out. */
export async function queueWithinDepth(
  tx: Executor,
  deltas: Deltas,
  maxDepth: number,
): Promise<void> {
  const { count } = await tx.execute(
    sql`update url set state = 0, reason = null
        where state = 3 and reason = 'depth' and depth <= ${Math.min(maxDepth, 2 ** 31 - 1)}`,
  )
  deltas.add('queued', count)
  deltas.add('skipped', -count)
  if (count > 0) await makeAllReady(tx)
}
