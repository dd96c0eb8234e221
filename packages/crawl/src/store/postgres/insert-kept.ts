import { sql, type Executor } from '@corral/db'
import type { StoredRecord } from '../outcome.ts'
import { textOf } from './text-of.ts'
import { urlKey } from './url-key.ts'

/** What was extracted from pages, by their numbers. */
export async function insertRecords(
  tx: Executor,
  given: readonly { readonly id: number; readonly data: string | undefined }[],
): Promise<void> {
  const records = given.filter(({ data }) => data !== undefined)
  if (records.length === 0) return
  await tx.execute(
    sql`insert into record select id, data::json
        from unnest(${records.map(({ id }) => id)}::int8[], ${records.map(({ data }) => textOf(data))}::text[]) c (id, data)
        on conflict (url_id) do update set data = excluded.data`,
  )
}

/** The bodies of pages, by their numbers. */
export async function insertBodies(
  tx: Executor,
  given: readonly { readonly id: number; readonly body: string | undefined }[],
): Promise<void> {
  const bodies = given.filter(({ body }) => body !== undefined)
  if (bodies.length === 0) return
  await tx.execute(
    sql`insert into body select id, decode(packed, 'base64')
        from unnest(${bodies.map(({ id }) => id)}::int8[], ${bodies.map(({ body }) => body ?? null)}::text[]) c (id, packed)
        on conflict (url_id) do update set packed = excluded.packed`,
  )
}

/** Replaces what was extracted from pages that are there, by their URLs. */
export async function keepRecords(tx: Executor, records: readonly StoredRecord[]): Promise<void> {
  await tx.execute(
    sql`with given as (select u.id, c.data
          from unnest(${records.map(({ url }) => urlKey(url))}::uuid[], ${records.map(({ data }) => textOf(data))}::text[]) c (key, data)
            join url u on u.key = c.key join page p on p.url_id = u.id),
          gone as (delete from record using given where url_id = given.id and given.data is null)
        insert into record select id, data::json from given where data is not null
        on conflict (url_id) do update set data = excluded.data`,
  )
}
