import { openPostgres, openSqlite, sql } from '@corral/db'
import type { Database } from '@corral/db'

const rows = 1_000_000

/** The heap while a million rows pass by. */
export async function streamed(url: string, file: string): Promise<string> {
  await using postgres = await openPostgres(url)
  await using sqlite = await openSqlite(file)
  return [
    `## ${rows.toLocaleString('en')} rows of 100 bytes through \`stream\`\n`,
    '| | heap before | heap at the most | rows a second |',
    '| --- | --- | --- | --- |',
    await row('PostgreSQL', postgres),
    await row('SQLite', sqlite),
  ].join('\n')
}

async function row(name: string, db: Database): Promise<string> {
  const query = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.raw(String(rows))})
    select i, ${sql.raw(`'${'x'.repeat(100)}'`)} as text from n`
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const started = performance.now()
  let [seen, most] = [0, before]
  for await (const _ of db.stream(query)) {
    seen += 1
    if (seen % 100_000 !== 0) continue
    globalThis.gc?.()
    most = Math.max(most, process.memoryUsage().heapUsed)
  }
  if (seen !== rows) throw new Error(`only ${seen} rows came`)
  const rate = seen / ((performance.now() - started) / 1000)
  return `| ${name} | ${mb(before)} | ${mb(most)} | ${rate.toFixed(0)} |`
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
