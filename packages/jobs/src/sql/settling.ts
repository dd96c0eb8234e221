import { now } from 'corral'
import { sql } from '@corral/db'
import type { Executor } from '@corral/db'
import type { JobState } from '../state/job-state.ts'
import { keepDefault, outcomeOfLoss } from '../state/outcome.ts'
import type { Outcome, StepRecord } from '../store/records.ts'
import { jobOf } from './decode.ts'
import type { JobRow } from './decode.ts'
import type { Dialect } from './dialect.ts'
import { releaseParents } from './releasing.ts'

interface Settled {
  readonly id: bigint | number
  readonly state: JobState
  readonly awaited: boolean | number
}

/** Writes outcomes, and tells by id which of them were still the writer's to write. To be run in a transaction. */
export async function settleJobs(
  tx: Executor,
  dialect: Dialect,
  outcomes: readonly Outcome[],
): Promise<ReadonlySet<string>> {
  const given = dialect.given(outcomes.map(rowOf))
  const { field } = given
  const to = field('to', 'text')
  const time = dialect.now()
  const waits = sql`${to} in ('ready', 'later')`
  const settled = await tx.query<Settled>(
    sql`update corral_job set
        state = case when ${waits} and cancel_asked then 'cancelled' else ${to} end,
        attempt = attempt - ${field('refund', 'bigint')},
        result = ${field('result', 'text')},
        failures = coalesce(${field('failures', 'text')}, failures),
        run_at = case when ${waits} then ${time} + ${field('delay', 'bigint')} else run_at end,
        ended_at = case when ${waits} and not cancel_asked then null else ${time} end,
        goes_at = case when ${waits} and not cancel_asked then null
          else ${time} + ${field('keep', 'bigint')} end
      ${given.from}
      where ${given.match} and ${dialect.state} = 'running' and claim = ${field('claim', 'text')}
      returning id, state, awaited`,
  )
  await releaseParents(
    tx,
    dialect,
    settled
      .filter(({ awaited, state }) => awaited && state !== 'ready' && state !== 'later')
      .map(({ id, state }) => ({ id: String(id), state })),
  )
  const written = new Set(settled.map(({ id }) => String(id)))
  const gone = outcomes.filter(
    ({ id, keep, to: state }) => keep <= 0 && isEnd(state) && written.has(id),
  )
  if (gone.length > 0) {
    const ids = gone.map(({ id }) => id)
    await removeJobs(tx, dialect, ids)
  }
  return written
}

function isEnd(state: JobState): boolean {
  return state !== 'ready' && state !== 'later'
}

function rowOf({ id, claim, to, refund, delay, result, failures, keep }: Outcome): {
  readonly id: string
} {
  const kept = keep === Infinity ? undefined : Math.ceil(keep)
  return {
    id,
    claim,
    to,
    refund: Number(refund),
    delay: Math.ceil(delay),
    result,
    failures: failures === undefined ? undefined : JSON.stringify(failures),
    keep: kept,
  } as { readonly id: string }
}

/** Removes jobs that have ended, with all that belongs to them. */
export async function removeJobs(
  tx: Executor,
  dialect: Dialect,
  ids: readonly string[],
): Promise<void> {
  await tx.execute(sql`delete from corral_job_step where job ${dialect.isOneOf(ids)}`)
  await tx.execute(
    sql`delete from corral_job where id ${dialect.isOneOf(ids)}
      and ${dialect.state} in ('done', 'dead', 'cancelled')`,
  )
}

/** Ends jobs that do not run. */
export async function cancelWaiting(
  tx: Executor,
  dialect: Dialect,
  ids: readonly string[],
): Promise<number> {
  const time = dialect.now()
  const cancelled = await tx.query<Settled>(
    sql`update corral_job set state = 'cancelled', ended_at = ${time},
        goes_at = ${time} + ${keepDefault.done}
      where id ${dialect.isOneOf(ids)} and ${dialect.state} in ('blocked', 'ready', 'later')
      returning id, state, awaited`,
  )
  await releaseParents(
    tx,
    dialect,
    cancelled.filter(({ awaited }) => awaited).map(({ id, state }) => ({ id: String(id), state })),
  )
  return cancelled.length
}

/** How many orphans are looked at in one round. */
const mostOrphans = 1000

/** Gives back the running jobs whose worker is known no more. To be run in a transaction. */
export async function settleOrphans(tx: Executor, dialect: Dialect): Promise<number> {
  const rows = await tx.query<JobRow>(
    sql`select * from corral_job j where state = 'running'
      and not exists (select 1 from corral_job_worker w where w.id = j.worker)
      limit ${mostOrphans} ${dialect.skipLocked}`,
  )
  if (rows.length === 0) return 0
  const outcomes = rows.map((row) => outcomeOfLoss(jobOf(row), now()))
  return (await settleJobs(tx, dialect, outcomes)).size
}

/** Records a step, if the job is still the writer's: and it stays so until the transaction around it has ended. */
export async function recordStep(
  db: Executor,
  dialect: Dialect,
  id: string,
  claim: string,
  { name, place, value }: StepRecord,
): Promise<boolean> {
  const { count } = await db.execute(
    sql`insert into corral_job_step (job, name, place, value)
      select id, ${name}, ${place}, ${value} from (select id from corral_job
        where id = ${id} and claim = ${claim} and ${dialect.state} = 'running' ${dialect.lock}) j where true
      on conflict (job, name) do update set value = excluded.value`,
  )
  return count > 0
}
