import { now } from 'corral'
import { sql } from '@corral/db'
import type { Sql } from '@corral/db'
import type { Column, Dialect, Given } from '../sql/dialect.ts'

const nothing: Sql = sql``

/** One writer at a time: nothing is to be locked. Time is that of the run, so that a test's is its own. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  now: () => sql`${Math.floor(now())}`,
  isOneOf: (ids) => sql`in (select cast(value as integer) from json_each(${JSON.stringify(ids)}))`,
  rows: (columns, rows) => sql`(${table(columns, rows)}) r`,
  given: (rows): Given => ({
    from: sql`from (select value as v, cast(value ->> 'id' as integer) as id
      from json_each(${JSON.stringify(rows)})) o`,
    match: sql`corral_job.id = o.id`,
    field: (name) => sql`(o.v ->> ${sql.raw(`'${name}'`)})`,
  }),
  state: sql`+state`,
  skipLocked: nothing,
  lock: nothing,
  hurried: nothing,
  lockLimits: () => Promise.resolve(),
  forEach: (rows, first) => sql`select j.id, j.queue, j.rank, j.limit_key, j.limits
    from ${rows} join corral_job j on j.id in (${first})`,
}

function table(columns: Readonly<Record<string, Column>>, rows: readonly object[]): Sql {
  const read = Object.keys(columns).map((name) => sql.raw(`value ->> '${name}' as "${name}"`))
  return sql`select ${sql.join(read)} from json_each(${JSON.stringify(rows)})`
}
