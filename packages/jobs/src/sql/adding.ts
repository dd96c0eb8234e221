import { sql } from '@corral/db'
import type { Executor, Sql } from '@corral/db'
import { JobsError } from '../errors.ts'
import { hasEnded } from '../state/job-state.ts'
import type { JobState } from '../state/job-state.ts'
import type { Added, NewJob } from '../store/records.ts'
import { isId } from './decode.ts'
import type { Dialect } from './dialect.ts'
import { failParents } from './releasing.ts'
import { unended } from './schema.ts'

const columns = {
  place: 'bigint',
  kind: 'text',
  queue: 'text',
  rank: 'bigint',
  payload: 'text',
  delay: 'bigint',
  attempts: 'bigint',
  unique: 'text',
  limitKey: 'text',
  limits: 'text',
  pending: 'bigint',
  expires: 'bigint',
  scheduledFor: 'bigint',
} as const

/** Whether they can be added by one statement, that is in no need of a transaction around it. */
export function isPlain(jobs: readonly NewJob[]): boolean {
  return jobs.every(({ after, unique }) => after.length === 0 && unique === undefined)
}

/** Adds jobs. Those with a unique key or with `after` need a transaction around it. */
export async function addJobs(
  db: Executor,
  dialect: Dialect,
  jobs: readonly NewJob[],
): Promise<readonly Added[]> {
  const waits = await waitsOf(db, dialect, jobs)
  const rows = jobs.map((job, place) => rowOf(job, place, waits[place]?.waitsFor.length ?? 0))
  const inserted = await db.query<{ id: bigint | number; kind: string; unique_key: string | null }>(
    insert(dialect, rows),
  )
  const added =
    inserted.length === jobs.length && jobs.every(({ unique }) => unique === undefined)
      ? inserted.map(({ id }) => ({ id: String(id), existing: false }))
      : await matched(db, dialect, jobs, inserted)
  await waitFor(db, dialect, added, waits)
  return added
}

function rowOf(job: NewJob, place: number, pending: number): Record<keyof typeof columns, unknown> {
  const { kind, queue, priority, payload, delay, attempts, unique, limitKey, limit } = job
  const { expires, scheduledFor } = job
  const limits = limit === undefined ? undefined : JSON.stringify(limit)
  const times = { delay: Math.ceil(delay), expires: expires && Math.ceil(expires), scheduledFor }
  const rank = 0 - priority
  return {
    place,
    kind,
    queue,
    rank,
    payload,
    attempts,
    unique,
    limitKey,
    limits,
    pending,
    ...times,
  }
}

function insert(dialect: Dialect, rows: readonly object[]): Sql {
  const now = dialect.now()
  return sql`insert into corral_job
    (kind, queue, state, rank, payload, attempts, unique_key, limit_key, limits, pending,
      added_at, run_at, scheduled_for, goes_at)
    select kind, queue,
      case when pending > 0 then 'blocked' when delay > 0 then 'later' else 'ready' end,
      rank, payload, attempts, "unique", "limitKey", limits, pending,
      ${now}, ${now} + delay, "scheduledFor", ${now} + expires
    from ${dialect.rows(columns, rows)} where true order by place
    on conflict (kind, unique_key) where unique_key is not null and ${sql.raw(unended)} do nothing
    returning id, kind, unique_key`
}

interface Inserted {
  readonly id: bigint | number
  readonly kind: string
  readonly unique_key: string | null
}

/** What was inserted is in the order of the jobs; what is left out has the key of another. */
async function matched(
  db: Executor,
  dialect: Dialect,
  jobs: readonly NewJob[],
  inserted: readonly Inserted[],
): Promise<Added[]> {
  let next = 0
  const added: Added[] = []
  for (const job of jobs) {
    const { kind, unique } = job
    const row = inserted[next]
    const isNew = row !== undefined && row.kind === kind && row.unique_key === (unique ?? null)
    if (isNew) {
      added.push({ id: String(row.id), existing: false })
      next += 1
    } else {
      const holder = await db.maybeOne<{ id: bigint | number }>(
        sql`select id from corral_job
          where kind = ${kind} and unique_key = ${unique ?? null} and ${sql.raw(unended)}`,
      )
      if (holder !== undefined) added.push({ id: String(holder.id), existing: true })
      // It has ended meanwhile, so that the key is free.
      else added.push(...(await addJobs(db, dialect, [{ ...job, after: [] }])))
    }
  }
  return added
}

interface Wait {
  /** The children that have not ended well, by id. */
  readonly waitsFor: readonly string[]
  readonly failed: { readonly id: string; readonly state: JobState } | undefined
}

/** Looks at the jobs that others are to wait for, and keeps them from ending unseen. */
async function waitsOf(
  db: Executor,
  dialect: Dialect,
  jobs: readonly NewJob[],
): Promise<readonly Wait[]> {
  const ids = [...new Set(jobs.flatMap(({ after }) => after))]
  if (ids.length === 0) return []
  const rows = ids.every(isId)
    ? await db.query<{ id: bigint | number; state: JobState }>(
        sql`update corral_job set awaited = true where id ${dialect.isOneOf(ids)} returning id, state`,
      )
    : []
  const states = new Map(rows.map(({ id, state }) => [String(id), state]))
  return jobs.map(({ after }) => {
    const children = [...new Set(after)].map((id) => {
      const state = states.get(id)
      if (state !== undefined) return { id, state }
      throw new JobsError(
        'UNKNOWN_JOB',
        `jobs.add: after must be ids of jobs, there is no job ${id}`,
      )
    })
    const waiting = children.filter(({ state }) => state !== 'done')
    return {
      waitsFor: waiting.map(({ id }) => id),
      failed: waiting.find(({ state }) => hasEnded(state)),
    }
  })
}

async function waitFor(
  db: Executor,
  dialect: Dialect,
  added: readonly Added[],
  waits: readonly Wait[],
): Promise<void> {
  for (const [place, { waitsFor, failed }] of waits.entries()) {
    const parent = added[place]
    if (parent === undefined || parent.existing || waitsFor.length === 0) continue
    if (failed !== undefined) {
      await failParents(db, dialect, new Map([[parent.id, failed]]))
      continue
    }
    const edges = waitsFor.map((child) => ({ child, parent: parent.id }))
    await db.execute(
      sql`insert into corral_job_edge (child, parent)
        select child, parent from ${dialect.rows({ child: 'bigint', parent: 'bigint' }, edges)}`,
    )
  }
}
