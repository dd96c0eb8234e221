import { sql, type Executor } from '@corral/db'

/** Something of these origins is queued. */
export async function makeReady(tx: Executor, origins: ReadonlySet<number>): Promise<void> {
  if (origins.size === 0) return
  await tx.execute(
    sql`update origin set ready = true where id = any(${[...origins]}) and not ready`,
  )
}

/** For what queues URLs of any number of origins at once. */
export async function makeAllReady(tx: Executor): Promise<void> {
  await tx.execute(
    sql`update origin set ready = true
        where not ready and exists (select 1 from url where origin_id = origin.id and state = 0)`,
  )
}
