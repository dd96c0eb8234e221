import { sql } from '@corral/db'
import type { Database, Sql } from '@corral/db'

/** Adds so many jobs that are in this state. */
export async function fillJobs(
  db: Database,
  count: number,
  state: string,
  limitKey: Sql,
): Promise<void> {
  await db.execute(
    sql`insert into corral_job (kind, queue, state, rank, payload, attempts, limit_key, added_at, run_at)
      select 'mail', 'mail', ${state}, 0, '{}', 1, ${limitKey}, 0, 0
      from (with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
        select i from n) as numbers`,
  )
}
