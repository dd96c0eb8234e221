import { sql, type Executor } from '@corral/db'
import type { Outcome, RedirectOf, StoredBody } from '../outcome.ts'

/** Pages whose body an earlier one has as well, and which one that is: by their numbers. */
export async function originalsOf(
  tx: Executor,
  outcomes: readonly Outcome[],
): Promise<Map<number, number>> {
  const hashed = outcomes.flatMap((outcome) =>
    outcome.result === 'page' && outcome.page.hash !== undefined
      ? [{ id: outcome.entry.id, hash: outcome.page.hash }]
      : [],
  )
  const originals = new Map<number, number>()
  if (hashed.length === 0) return originals
  const rows = await tx.query<{ hash: string; id: number }>(
    sql`select hash, min(url_id)::float8 as id from page
        where hash = any(${hashed.map(({ hash }) => hash)}) and same_id is null
          and url_id <> all(${hashed.map(({ id }) => id)}) group by hash`,
  )
  const first = new Map(rows.map(({ hash, id }) => [hash, id]))
  for (const { id, hash } of hashed) {
    const original = first.get(hash)
    if (original === undefined) first.set(hash, id)
    else originals.set(id, original)
  }
  return originals
}

/** Where pages redirect to, one redirect after the other. */
export async function redirectsFrom(
  tx: Executor,
  ids: readonly number[],
): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.query<{ from: number; to: number }>(
    sql`with recursive chain (id, target, hops) as (
          select url_id, redirect_id, 1 from page where url_id = any(${ids}) and redirect_id is not null
          union select p.url_id, p.redirect_id, chain.hops + 1 from chain join page p on p.url_id = chain.target
            where p.redirect_id is not null and chain.hops < 50)
        select distinct id::float8 as "from", target::float8 as "to" from chain`,
  )
  return new Map(rows.map(({ from, to }) => [from, to]))
}

/** The redirects that lead from some URLs, one after the other. */
export async function redirectsOf(db: Executor, keys: readonly string[]): Promise<RedirectOf[]> {
  return await db.query<RedirectOf & { hops: number }>(
    sql`with recursive chain (id, target, hops) as (
          select url_id, redirect_id, 1 from page join url on url.id = url_id
            where url.key = any(${keys}::uuid[]) and redirect_id is not null
          union select p.url_id, p.redirect_id, chain.hops + 1 from chain join page p on p.url_id = chain.target
            where p.redirect_id is not null and chain.hops < 50)
        select s.url as source, t.url as target, min(chain.hops) as hops
        from chain join url s on s.id = chain.id join url t on t.id = chain.target
        group by s.url, t.url order by hops`,
  )
}

/** The body that was kept of a page. */
export async function bodyOf(db: Executor, id: number): Promise<StoredBody | undefined> {
  const [row] = await db.query<{
    contentType: string | null
    charset: string | null
    packed: Uint8Array
  }>(
    sql`select p.content_type as "contentType", p.charset, b.packed
        from body b join page p on p.url_id = b.url_id where b.url_id = ${id}`,
  )
  if (row === undefined) return undefined
  const { contentType, charset, packed } = row
  return { contentType: contentType ?? undefined, charset: charset ?? undefined, packed }
}
