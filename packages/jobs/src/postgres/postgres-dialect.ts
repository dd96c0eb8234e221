import { sql } from '@corral/db'
import type { Sql } from '@corral/db'
import type { Column, Dialect, Given } from '../sql/dialect.ts'

/** Any number that nobody else takes. */
const limits = 7_062_026_113_012_022n

const time: Sql = sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`

export const postgresDialect: Dialect = {
  name: 'postgres',
  // The server's: those of its clients differ.
  now: () => time,
  isOneOf: (ids) => sql`= any(${[...ids]}::bigint[])`,
  rows(columns, rows) {
    const types = Object.entries(columns).map(([name, type]) => sql.raw(`"${name}" ${type}`))
    return sql`json_to_recordset(${JSON.stringify(rows)}::json) as r(${sql.join(types)})`
  },
  // No join: with statistics of an empty table the planner would look at every pair.
  given: (rows): Given => ({
    from: sql`from (select ${JSON.stringify(byId(rows))}::jsonb as v) o`,
    match: sql`corral_job.id = any(${rows.map(({ id }) => id)}::bigint[])`,
    field: (name: string, type: Column) =>
      sql`(o.v -> corral_job.id::text ->> ${sql.raw(`'${name}'`)})::${sql.raw(type)}`,
  }),
  state: sql`state`,
  skipLocked: sql`for update skip locked`,
  lock: sql`for update`,
  // A claim that a crash of the server takes with it was never acted upon by anybody who could still write.
  hurried: sql`and (select set_config('synchronous_commit', 'off', true)) is not null`,
  async lockLimits(tx) {
    await tx.query(sql`select pg_advisory_xact_lock(${limits})`)
  },
  forEach: (rows, first) => sql`select j.id, j.queue, j.rank, j.limit_key, j.limits
    from ${rows} cross join lateral (${first}) f join corral_job j on j.id = f.id`,
}

function byId(rows: readonly { readonly id: string }[]): Record<string, object> {
  return Object.fromEntries(rows.map((row) => [row.id, row]))
}
