/** Of the tables. A program refuses those of a later one. */
export const schemaVersion = 1

/** Jobs that have not ended: of those one has a unique key. */
export const unended = `state in ('blocked', 'ready', 'later', 'running')`

/** The tables, one statement each; what is there stays. */
export function schema(engine: 'postgres' | 'sqlite'): readonly string[] {
  const id =
    engine === 'postgres'
      ? 'bigint generated always as identity primary key'
      : 'integer primary key autoincrement'
  return [
    `create table if not exists corral_job_meta (version integer not null, store text not null)`,
    `create table if not exists corral_job (
      id ${id},
      kind text not null,
      queue text not null,
      state text not null,
      rank integer not null,
      payload text not null,
      run integer not null default 0,
      attempt integer not null default 0,
      attempts integer not null,
      unique_key text,
      limit_key text,
      limits text,
      pending integer not null default 0,
      awaited boolean not null default false,
      worker text,
      claim text,
      cancel_asked boolean not null default false,
      progress text,
      result text,
      failures text,
      added_at bigint not null,
      run_at bigint not null,
      scheduled_for bigint,
      started_at bigint,
      ended_at bigint,
      goes_at bigint)`,
    `create index if not exists corral_job_ready on corral_job (queue, kind, rank, id)
      where state = 'ready' and limit_key is null`,
    `create index if not exists corral_job_keyed on corral_job (queue, kind, limit_key, rank, id)
      where state = 'ready' and limit_key is not null`,
    `create index if not exists corral_job_running on corral_job (worker) where state = 'running'`,
    `create index if not exists corral_job_busy on corral_job (limit_key)
      where state = 'running' and limit_key is not null`,
    `create index if not exists corral_job_later on corral_job (run_at) where state = 'later'`,
    `create index if not exists corral_job_goes on corral_job (goes_at) where goes_at is not null`,
    `create index if not exists corral_job_aside on corral_job (state, id)
      where state in ('dead', 'cancelled', 'blocked')`,
    `create unique index if not exists corral_job_unique on corral_job (kind, unique_key)
      where unique_key is not null and ${unended}`,
    `create table if not exists corral_job_edge (
      child bigint not null, parent bigint not null, primary key (child, parent))`,
    `create table if not exists corral_job_step (
      job bigint not null, name text not null, place integer not null, value text not null,
      primary key (job, name))`,
    `create table if not exists corral_job_worker (
      id text primary key, host text not null, pid integer not null, process text,
      lease bigint not null, beats bigint not null default 0, lock bigint)`,
    `create table if not exists corral_job_queue (
      name text primary key, paused boolean not null default false, limits text)`,
    `create table if not exists corral_job_limiter (
      name text primary key, begun text not null, until bigint not null)`,
    `create table if not exists corral_job_schedule (
      name text primary key, expression text not null, timezone text not null, missed text not null,
      job text not null, next_at bigint not null)`,
  ]
}
