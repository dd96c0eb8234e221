import { sql } from '@corral/db'
import type { Executor, Transaction } from '@corral/db'
import type { NewJob, ScheduleRecord } from '../store/records.ts'
import { addJobs } from './adding.ts'
import type { Dialect } from './dialect.ts'

interface ScheduleRow {
  readonly name: string
  readonly expression: string
  readonly timezone: string
  readonly missed: ScheduleRecord['missed']
  readonly job: string
  readonly next_at: bigint | number
}

export async function schedulesOf(
  db: Executor,
  dialect: Dialect,
): Promise<{ readonly now: number; readonly schedules: readonly ScheduleRecord[] }> {
  const time = Number(await db.value(sql`select ${dialect.now()}`))
  const rows = await db.query<ScheduleRow>(
    sql`select name, expression, timezone, missed, job, next_at from corral_job_schedule order by name`,
  )
  const schedules = rows.map(({ job, next_at: nextAt, ...schedule }) => ({
    ...schedule,
    job: { ...unset, ...(JSON.parse(job) as NewJob) },
    nextAt: Number(nextAt),
  }))
  return { now: time, schedules }
}

/** What JSON leaves out. */
const unset = {
  unique: undefined,
  limitKey: undefined,
  limit: undefined,
  expires: undefined,
  scheduledFor: undefined,
}

export async function setSchedule(
  db: Executor,
  name: string,
  schedule: ScheduleRecord | undefined,
): Promise<void> {
  if (schedule === undefined) {
    await db.execute(sql`delete from corral_job_schedule where name = ${name}`)
    return
  }
  const { expression, timezone, missed, job, nextAt } = schedule
  await db.execute(
    sql`insert into corral_job_schedule (name, expression, timezone, missed, job, next_at)
      values (${name}, ${expression}, ${timezone}, ${missed}, ${JSON.stringify(job)}, ${nextAt})
      on conflict (name) do update set missed = excluded.missed, job = excluded.job,
        expression = excluded.expression, timezone = excluded.timezone,
        next_at = case when corral_job_schedule.expression = excluded.expression
          and corral_job_schedule.timezone = excluded.timezone
          then corral_job_schedule.next_at else excluded.next_at end`,
  )
}

/** To be run in a transaction. */
export async function fireSchedule(
  tx: Transaction,
  dialect: Dialect,
  name: string,
  expected: number,
  nextAt: number,
  jobs: readonly NewJob[],
): Promise<boolean> {
  const { count } = await tx.execute(
    sql`update corral_job_schedule set next_at = ${nextAt}
      where name = ${name} and next_at = ${expected}`,
  )
  if (count === 0) return false
  if (jobs.length > 0) await addJobs(tx, dialect, jobs)
  return true
}
