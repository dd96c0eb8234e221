import { sql } from '@corral/db'
import type { Executor } from '@corral/db'
import { keyLimiter, queueLimiter } from '../limit/admit.ts'
import type { Candidate, Usage } from '../limit/admit.ts'
import type { RateWindow } from '../limit/rate-window.ts'
import type { Source } from '../store/job-store.ts'
import type { Limit } from '../store/records.ts'
import { limitOf } from './decode.ts'
import type { Dialect } from './dialect.ts'

/** The limits of queues, of those that jobs are claimed from, and the time. */
export async function queueLimitsOf(
  tx: Executor,
  dialect: Dialect,
  sources: readonly Source[],
): Promise<{ limits: Map<string, Limit>; time: number }> {
  const rows = await tx.query<{
    time: bigint | number
    name: string | null
    limits: string | null
  }>(
    sql`select t.time, q.name, q.limits from (select ${dialect.now()} as time) t
      left join corral_job_queue q on q.limits is not null`,
  )
  const queues = new Set(sources.map(({ queue }) => queue))
  const limits = new Map<string, Limit>()
  for (const { name, limits: text } of rows) {
    const limit = limitOf(text)
    if (name !== null && queues.has(name) && limit !== undefined) limits.set(name, limit)
  }
  return { limits, time: Number(rows[0]?.time) }
}

/** What queues and keys use that have a limit. */
export async function usageOf(
  tx: Executor,
  dialect: Dialect,
  candidates: readonly Candidate[],
  queueLimits: ReadonlyMap<string, Limit>,
  busy: ReadonlyMap<string, number>,
): Promise<Map<string, Usage>> {
  const running = new Map<string, number>()
  const rated = new Map<string, string>()
  for (const [queue, { rate }] of queueLimits) {
    const limiter = queueLimiter(queue)
    const count = sql`select count(*) from corral_job where state = 'running' and queue = ${queue}`
    running.set(limiter, Number(await tx.value(count)))
    if (rate !== undefined) rated.set(limiter, limiter)
  }
  for (const { limitKey, limit } of candidates) {
    if (limitKey === undefined) continue
    const limiter = keyLimiter(limitKey)
    running.set(limiter, busy.get(limitKey) ?? 0)
    if (limit?.rate !== undefined) rated.set(limiter, limiter)
  }
  const windows = new Map<string, RateWindow>()
  if (rated.size > 0) {
    const each = dialect.rows(
      { name: 'text' },
      [...rated.keys()].map((name) => ({ name })),
    )
    const rows = await tx.query<{ name: string; begun: string }>(
      sql`select l.name, l.begun from ${each} join corral_job_limiter l on l.name = r.name`,
    )
    for (const { name, begun } of rows) windows.set(name, JSON.parse(begun) as RateWindow)
  }
  const usage = new Map<string, Usage>()
  for (const [limiter, count] of running) {
    usage.set(limiter, { running: count, window: windows.get(limiter) ?? [] })
  }
  return usage
}

/** Keeps what has begun, for the rates. */
export async function remember(
  tx: Executor,
  dialect: Dialect,
  windows: ReadonlyMap<string, RateWindow>,
): Promise<void> {
  if (windows.size === 0) return
  const rows = [...windows].map(([name, window]) => ({ name, begun: JSON.stringify(window) }))
  // An hour without use, and it goes: no rate has an interval that long and matters to the second.
  await tx.execute(
    sql`insert into corral_job_limiter (name, begun, until)
      select name, begun, ${dialect.now()} + 3600000
      from ${dialect.rows({ name: 'text', begun: 'text' }, rows)} where true
      on conflict (name) do update set begun = excluded.begun, until = excluded.until`,
  )
}
