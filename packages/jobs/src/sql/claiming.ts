import { sql } from '@corral/db'
import type { Executor, Sql } from '@corral/db'
import { admit } from '../limit/admit.ts'
import type { Candidate } from '../limit/admit.ts'
import type { Claimed, ClaimRequest, Source } from '../store/job-store.ts'
import type { ClaimedJob } from '../store/records.ts'
import { jobOf, limitOf } from './decode.ts'
import type { JobRow } from './decode.ts'
import type { Dialect } from './dialect.ts'
import { queueLimitsOf, remember, usageOf } from './limiting.ts'

/** Where a search begins that leaves out what was seen before: ready jobs of a source in their order. */
export interface Floor {
  readonly rank: number
  readonly id: string
}

/** How many keys are looked at in one claim. */
const mostKeys = 500

/** Claims jobs that no limit holds back, by one statement. */
export async function claimFree(
  db: Executor,
  dialect: Dialect,
  request: ClaimRequest,
  floors: ReadonlyMap<string, Floor> = new Map(),
): Promise<readonly ClaimedJob[]> {
  const { sources, room } = request
  const free = firstFree(dialect, request, sql`id, rank`, floors)
  const picked =
    sources.length === 1
      ? free
      : sql`select id, rank from (${free}) u order by rank, id limit ${room}`
  return inOrder(await db.query<JobRow>(take(dialect, request, picked)))
}

/** The first ready jobs of each source without a key of their own. */
function firstFree(
  dialect: Dialect,
  { sources, room }: ClaimRequest,
  columns: Sql,
  floors: ReadonlyMap<string, Floor> = new Map(),
): Sql {
  const arms = sources.map((source) => {
    const free = freeIn(dialect, source, floors.get(sourceKey(source)))
    return sql`select * from (select ${columns} from corral_job where ${free}
      order by rank, id limit ${room} ${dialect.skipLocked}) a`
  })
  return sql.join(arms, sql` union all `)
}

/** Claims jobs as limits allow. To be run in a transaction. */
export async function claimLimited(
  tx: Executor,
  dialect: Dialect,
  request: ClaimRequest,
  cursors: Map<string, string>,
): Promise<Claimed> {
  const { sources, room } = request
  await dialect.lockLimits(tx)
  const { limits: queueLimits, time } = await queueLimitsOf(tx, dialect, sources)
  const { found, busy } = await keyedCandidates(tx, dialect, request, cursors)
  const free = await freeCandidates(tx, dialect, request)
  const candidates = [...free, ...found].toSorted((a, b) => a.rank - b.rank || a.number - b.number)
  const usage = await usageOf(tx, dialect, candidates, queueLimits, busy)
  const { ids, again, windows } = admit(candidates, room, queueLimits, usage, time)
  if (ids.length === 0) return { jobs: [], again }
  await remember(tx, dialect, windows)
  const picked = sql`select id from corral_job where id ${dialect.isOneOf(ids)}`
  const rows = await tx.query<JobRow>(take(dialect, request, picked))
  return { jobs: inOrder(rows), again }
}

/** What an earlier call of the same claim was given, whose answer was lost. */
export async function claimedBefore(
  db: Executor,
  { worker, claim }: ClaimRequest,
): Promise<readonly ClaimedJob[]> {
  return inOrder(
    await db.query<JobRow>(
      sql`select * from corral_job where state = 'running' and worker = ${worker} and claim = ${claim}`,
    ),
  )
}

/** Whether there is anything at all that a limit could hold back. */
export async function hasLimits(db: Executor): Promise<boolean> {
  const found = await db.value<boolean | number>(
    sql`select exists (select 1 from corral_job where state = 'ready' and limit_key is not null)
      or exists (select 1 from corral_job_queue where limits is not null)`,
  )
  return Boolean(found)
}

export function sourceKey({ queue, kind }: Source): string {
  return JSON.stringify([queue, kind])
}

function take(dialect: Dialect, { worker, claim }: ClaimRequest, picked: Sql): Sql {
  return sql`with picked as (${picked})
    update corral_job set state = 'running', worker = ${worker}, claim = ${claim}, run = run + 1,
      attempt = attempt + 1, started_at = ${dialect.now()}, goes_at = null
    where id in (select id from picked) and ${dialect.state} = 'ready'
      and exists (select 1 from corral_job_worker w where w.id = ${worker}) ${dialect.hurried}
    returning *`
}

function freeIn(dialect: Dialect, { queue, kind }: Source, floor?: Floor): Sql {
  const beyond = floor === undefined ? sql`` : sql`and (rank, id) >= (${floor.rank}, ${floor.id})`
  return sql`state = 'ready' and limit_key is null and queue = ${queue} and kind = ${kind} ${beyond}
    and ${isOpen(dialect, queue)}`
}

function isOpen(dialect: Dialect, queue: string): Sql {
  return sql`(goes_at is null or goes_at > ${dialect.now()})
    and not exists (select 1 from corral_job_queue q where q.name = ${queue} and q.paused)`
}

function inOrder(rows: readonly JobRow[]): ClaimedJob[] {
  return rows
    .toSorted((a, b) => a.rank - b.rank || Number(a.id) - Number(b.id))
    .map((row) => jobOf(row))
}

interface RankedCandidate extends Candidate {
  readonly rank: number
  readonly number: number
}

interface CandidateRow {
  readonly id: bigint | number
  readonly queue: string
  readonly rank: number
  readonly limit_key: string | null
  readonly limits: string | null
}

function candidateOf(row: CandidateRow): RankedCandidate {
  const { id, queue, rank, limit_key: key, limits } = row
  const limit = { limitKey: key ?? undefined, limit: limitOf(limits) }
  return { id: String(id), number: Number(id), queue, rank, ...limit }
}

async function freeCandidates(
  tx: Executor,
  dialect: Dialect,
  request: ClaimRequest,
): Promise<RankedCandidate[]> {
  const columns = sql`id, queue, rank, limit_key, limits`
  const rows = await tx.query<CandidateRow>(firstFree(dialect, request, columns))
  return rows.map(candidateOf)
}

/**
 * The first jobs of each key, from one key to the next by the index, however many jobs a key has. Which key comes first
 * goes round, so that all have their turn when there are more keys than are looked at.
 */
async function keyedCandidates(
  tx: Executor,
  dialect: Dialect,
  { sources, room }: ClaimRequest,
  cursors: Map<string, string>,
): Promise<{ found: RankedCandidate[]; busy: Map<string, number> }> {
  const found: RankedCandidate[] = []
  const busy = new Map<string, number>()
  for (const source of sources) {
    const keys = await keysOf(tx, source, cursors)
    const open: { key: string }[] = []
    let most = 0
    for (const { key, running, limits } of keys) {
      busy.set(key, Number(running))
      const free = Math.min(room, (limitOf(limits)?.concurrency ?? Infinity) - Number(running))
      if (free > 0) open.push({ key })
      most = Math.max(most, free)
    }
    if (open.length === 0) continue
    const each = dialect.rows({ key: 'text' }, open)
    const first = sql`select id from corral_job where ${keyedIn(source)} and limit_key = r.key
      and ${isOpen(dialect, source.queue)} order by rank, id limit ${most}`
    found.push(...(await tx.query<CandidateRow>(dialect.forEach(each, first))).map(candidateOf))
  }
  return { found, busy }
}

interface KeyRow {
  readonly key: string
  readonly running: bigint | number
  readonly limits: string | null
}

async function keysOf(
  tx: Executor,
  source: Source,
  cursors: Map<string, string>,
): Promise<KeyRow[]> {
  const where = keyedIn(source)
  const name = sourceKey(source)
  const cursor = cursors.get(name) ?? ''
  const keys = await tx.query<KeyRow>(
    sql`with recursive keys (key, place) as (
        select * from (select min(limit_key), 1 from corral_job where ${where} and limit_key > ${cursor}) f
        union all
        select (select min(limit_key) from corral_job where ${where} and limit_key > key), place + 1
        from keys where key is not null and place < ${mostKeys})
      select key,
        (select count(*) from corral_job where state = 'running' and limit_key = key) as running,
        (select limits from corral_job where ${where} and limit_key = key order by rank, id limit 1) as limits
      from keys where key is not null`,
  )
  const last = keys.length < mostKeys ? undefined : keys.at(-1)?.key
  if (last === undefined) cursors.delete(name)
  else cursors.set(name, last)
  // The round has come to its end: it begins again at once.
  return keys.length === 0 && cursor !== '' ? await keysOf(tx, source, cursors) : keys
}

function keyedIn({ queue, kind }: Source): Sql {
  return sql`state = 'ready' and limit_key is not null and queue = ${queue} and kind = ${kind}`
}
