import { openPostgres, openSqlite, sql } from '@corral/db'
import type { Database, Sql } from '@corral/db'
import { CancelScope, sleep, taskGroup } from 'corral'

const endless = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`

/** From the cancellation to when the caller goes on: by then the statement has stopped. */
export async function cancelLatency(url: string, file: string): Promise<string> {
  await using postgres = await openPostgres(url)
  await using sqlite = await openSqlite(file)
  const rows = [
    await row('PostgreSQL', postgres, sql`select pg_sleep(600)`),
    await row('SQLite, readers in processes', sqlite, endless),
  ]
  return [
    '## From the cancellation to the end of the query, in milliseconds\n',
    '| | p50 | p90 | most |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

async function row(name: string, db: Database, slow: Sql): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < 60; i++) {
    await db.value(sql`select 1`)
    const scope = new CancelScope()
    let since = 0
    await taskGroup(async (group) => {
      group.spawn(async () => {
        await sleep(30)
        since = performance.now()
        scope.cancel()
      })
      await scope.run(() => db.query(slow))
      times.push(performance.now() - since)
    })
  }
  times.sort((a, b) => a - b)
  const at = (part: number): string => (times[Math.floor(times.length * part)] ?? NaN).toFixed(1)
  return `| ${name} | ${at(0.5)} | ${at(0.9)} | ${times.at(-1)?.toFixed(1)} |`
}
