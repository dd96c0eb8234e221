import { sql } from '@corral/db'
import type { Executor, Sql } from '@corral/db'
import type { JobState } from '../state/job-state.ts'
import type {
  JobFilter,
  JobRecord,
  QueueSettings,
  QueueStats,
  WorkerView,
} from '../store/records.ts'
import { countsOf } from '../store/stats.ts'
import { isId, jobOf, limitOf } from './decode.ts'
import type { JobRow } from './decode.ts'
import type { Dialect } from './dialect.ts'
import { unended } from './schema.ts'

export async function listJobs(
  db: Executor,
  dialect: Dialect,
  filter: JobFilter,
): Promise<readonly JobRecord[]> {
  const where = whereOf(dialect, filter)
  if (where === undefined) return []
  const rows = await db.query<JobRow>(
    sql`select * from corral_job where ${where} order by id desc limit ${filter.limit ?? 100}`,
  )
  return rows.map((row) => {
    const { claim: _, ...job } = jobOf(row)
    return job
  })
}

/** @returns undefined when nothing can match */
function whereOf(dialect: Dialect, { ids, kind, queue, state, after }: JobFilter): Sql | undefined {
  const all: Sql[] = [sql`true`]
  if (ids !== undefined) {
    const known = ids.filter(isId)
    if (known.length === 0) return undefined
    all.push(sql`id ${dialect.isOneOf(known)}`)
  }
  if (kind !== undefined) all.push(sql`kind = ${kind}`)
  if (queue !== undefined) all.push(sql`queue = ${queue}`)
  if (state !== undefined) all.push(sql`state = ${sql.raw(`'${state}'`)}`)
  if (after !== undefined && isId(after)) all.push(sql`id < ${after}`)
  return sql.join(all, sql` and `)
}

/** Makes dead and cancelled jobs ready again; one whose unique key another has by now stays as it is. */
export async function retryJobs(
  db: Executor,
  dialect: Dialect,
  filter: JobFilter,
): Promise<number> {
  const where = whereOf(dialect, filter)
  if (where === undefined) return 0
  const limit = filter.limit === undefined ? sql`` : sql`limit ${filter.limit}`
  const { count } = await db.execute(
    sql`update corral_job set state = 'ready', attempt = 0, pending = 0, cancel_asked = false,
        run_at = ${dialect.now()}, ended_at = null, goes_at = null
      where id in (
        select min(id) from (
          select id, kind, unique_key from corral_job j where ${where} and state in ('dead', 'cancelled')
            and not exists (select 1 from corral_job h where h.kind = j.kind
              and h.unique_key = j.unique_key and ${sql.raw(unended.replace('state', 'h.state'))})
          order by id ${limit} ${dialect.skipLocked}) d
        group by kind, coalesce(unique_key, cast(id as text)))`,
  )
  return count
}

export async function statsOf(db: Executor, dialect: Dialect): Promise<readonly QueueStats[]> {
  const rows = await db.query<{ queue: string; state: JobState; count: bigint | number }>(
    sql`select queue, state, count(*) as count from corral_job group by queue, state`,
  )
  const waits = await db.query<{ queue: string; oldest: bigint | number }>(
    sql`select queue, ${dialect.now()} - min(run_at) as oldest from corral_job
      where state = 'ready' group by queue`,
  )
  const settings = await queuesOf(db)
  const oldest = new Map(waits.map((row) => [row.queue, Math.max(0, Number(row.oldest))]))
  const queues = [...new Set([...settings.keys(), ...rows.map(({ queue }) => queue)])].toSorted()
  return queues.map((queue) => ({
    queue,
    ...(settings.get(queue) ?? { paused: false, limit: undefined }),
    counts: countsOf(
      rows.filter((row) => row.queue === queue).map(({ state, count }) => [state, Number(count)]),
    ),
    oldest: oldest.get(queue) ?? 0,
  }))
}

async function queuesOf(db: Executor): Promise<Map<string, QueueSettings>> {
  const rows = await db.query<{ name: string; paused: boolean | number; limits: string | null }>(
    sql`select name, paused, limits from corral_job_queue`,
  )
  return new Map(
    rows.map(({ name, paused, limits }) => [
      name,
      { paused: Boolean(paused), limit: limitOf(limits) },
    ]),
  )
}

export async function setQueue(
  db: Executor,
  queue: string,
  settings: Partial<QueueSettings>,
): Promise<void> {
  const { paused, limit } = settings
  const limits = limit === undefined ? null : JSON.stringify(limit)
  const changes: Sql[] = []
  if (paused !== undefined) changes.push(sql`paused = excluded.paused`)
  if ('limit' in settings) changes.push(sql`limits = excluded.limits`)
  if (changes.length === 0) return
  await db.execute(
    sql`insert into corral_job_queue (name, paused, limits)
      values (${queue}, ${sql.raw(String(paused ?? false))}, ${limits})
      on conflict (name) do update set ${sql.join(changes)}`,
  )
}

/** A worker's row, and how many jobs it has. */
export interface WorkerRow {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly process: string | null
  readonly lease: bigint | number
  readonly beats: bigint | number
  readonly running: bigint | number
}

/** @param patienceOf how long a silence is needed beside the lease, as far as the engine knows */
export async function workersOf(
  db: Executor,
  more: Sql,
  patienceOf: (row: WorkerRow & { readonly evidence: boolean | number }) => number,
): Promise<WorkerView[]> {
  const rows = await db.query<WorkerRow & { readonly evidence: boolean | number }>(
    sql`select w.*, ${more} as evidence,
      (select count(*) from corral_job j where j.state = 'running' and j.worker = w.id) as running
      from corral_job_worker w order by w.id`,
  )
  return rows.map((row) => ({
    id: row.id,
    host: row.host,
    pid: row.pid,
    lease: Number(row.lease),
    beats: Number(row.beats),
    patience: patienceOf(row),
    running: Number(row.running),
  }))
}
