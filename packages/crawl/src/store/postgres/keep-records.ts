import { sql, type Executor } from '@corral/db'
import type { StoredRecord } from '../outcome.ts'
import { textOf } from './text-of.ts'
import { urlKey } from './url-key.ts'

/** Replaces what was extracted from pages that are there. */
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
