import { now } from 'corral'
import { sql } from '@corral/db'
import type { Executor } from '@corral/db'
import type { JobState } from '../state/job-state.ts'
import { failureOfChild, keepDefault } from '../state/outcome.ts'
import type { Dialect } from './dialect.ts'

/** A job that has ended, and that others wait for. */
export interface Ended {
  readonly id: string
  readonly state: JobState
}

/** Tells the jobs that wait for these: one that waits for nothing any more is ready, one whose child failed is dead. */
export async function releaseParents(
  db: Executor,
  dialect: Dialect,
  ended: readonly Ended[],
): Promise<void> {
  if (ended.length === 0) return
  const edges = await db.query<{ child: bigint | number; parent: bigint | number }>(
    sql`delete from corral_job_edge where child ${dialect.isOneOf(ended.map(({ id }) => id))}
      returning child, parent`,
  )
  const byId = new Map(ended.map((each) => [each.id, each]))
  const failed = new Map<string, Ended>()
  const done = new Map<string, number>()
  for (const { child, parent } of edges) {
    const id = String(parent)
    const how = byId.get(String(child)) as Ended
    if (how.state === 'done') done.set(id, (done.get(id) ?? 0) + 1)
    else failed.set(id, how)
  }
  await countDown(db, dialect, done)
  await failParents(db, dialect, failed)
}

async function countDown(
  db: Executor,
  dialect: Dialect,
  done: ReadonlyMap<string, number>,
): Promise<void> {
  if (done.size === 0) return
  const given = dialect.given([...done].map(([id, count]) => ({ id, count })))
  const count = given.field('count', 'bigint')
  await db.execute(
    sql`update corral_job set pending = pending - ${count},
        state = case when pending > ${count} then state
          when run_at > ${dialect.now()} then 'later' else 'ready' end
      ${given.from} where ${given.match} and ${dialect.state} = 'blocked'`,
  )
}

/** Makes jobs dead that wait for one that failed, and those that wait for them. */
export async function failParents(
  db: Executor,
  dialect: Dialect,
  failed: ReadonlyMap<string, Ended>,
): Promise<void> {
  if (failed.size === 0) return
  const given = dialect.given(
    [...failed].map(([id, child]) => ({
      id,
      failures: JSON.stringify([failureOfChild(child.id, child.state, now())]),
    })),
  )
  const time = dialect.now()
  const dead = await db.query<{ id: bigint | number; awaited: boolean | number }>(
    sql`update corral_job set state = 'dead', failures = ${given.field('failures', 'text')},
        ended_at = ${time}, goes_at = ${time} + ${keepDefault.dead}
      ${given.from} where ${given.match} and ${dialect.state} = 'blocked' returning id, awaited`,
  )
  const awaited = dead.filter((row) => row.awaited)
  await releaseParents(
    db,
    dialect,
    awaited.map(({ id }) => ({ id: String(id), state: 'dead' })),
  )
}
