import { sql } from '@corral/db'
import type { Executor, Transaction } from '@corral/db'
import type { Dialect } from './dialect.ts'
import { cancelWaiting, removeJobs } from './settling.ts'

/** How many jobs are moved at a time: more would hold up others. */
const most = 1000

export interface Advanced {
  /** Jobs have become ready. */
  readonly ready: boolean
  readonly ended: boolean
  /** After how long there is more to do, in milliseconds. */
  readonly next: number
}

/** Until the first job has to be moved, in milliseconds; 0 or less when it is time. */
export async function untilNext(db: Executor, dialect: Dialect): Promise<number> {
  const { later, goes, time } = await db.one<Record<string, bigint | number | null>>(
    sql`select (select min(run_at) from corral_job where state = 'later') as later,
      (select min(goes_at) from corral_job where goes_at is not null) as goes,
      ${dialect.now()} as time`,
  )
  const first = Math.min(momentOf(later), momentOf(goes))
  return first - Number(time)
}

function momentOf(value: bigint | number | null | undefined): number {
  return value === null || value === undefined ? Infinity : Number(value)
}

/** Moves jobs whose time has come, some of each kind. To be run in a transaction. */
export async function moveDue(
  tx: Transaction,
  dialect: Dialect,
): Promise<{ readonly ready: boolean; readonly ended: boolean }> {
  const time = dialect.now()
  const { count: ready } = await tx.execute(
    sql`update corral_job set state = 'ready' where ${dialect.state} = 'later' and id in (
      select id from corral_job where state = 'later' and run_at <= ${time}
      order by run_at limit ${most} ${dialect.skipLocked})`,
  )
  const gone = await tx.query<{ id: bigint | number; state: string }>(
    sql`select id, state from corral_job where goes_at is not null and goes_at <= ${time}
      order by goes_at limit ${most} ${dialect.skipLocked}`,
  )
  const ended = new Set(['done', 'dead', 'cancelled'])
  const expired = gone.filter(({ state }) => !ended.has(state)).map(({ id }) => String(id))
  const old = gone.filter(({ state }) => ended.has(state)).map(({ id }) => String(id))
  if (expired.length > 0) await cancelWaiting(tx, dialect, expired)
  if (old.length > 0) await removeJobs(tx, dialect, old)
  await tx.execute(sql`delete from corral_job_limiter where until < ${time}`)
  return { ready: ready > 0, ended: expired.length > 0 }
}
