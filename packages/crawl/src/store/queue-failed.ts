import type { DatabaseSync } from 'node:sqlite'
import type { Tally } from './tally.ts'

/**
 * Queues failed URLs again, as if they had never been tried; to be called inside a transaction.
 *
 * @param url only this one
 */
export function queueFailed(db: DatabaseSync, tally: Tally, url?: number): void {
  const only = url === undefined ? [] : [url]
  const where = url === undefined ? '' : 'WHERE url_id = ?'
  const kinds = db
    .prepare(`SELECT kind, count(*) AS count FROM failure ${where} GROUP BY kind`)
    .all(...only) as unknown as { kind: string; count: number }[]
  if (kinds.length === 0) return

  const and = url === undefined ? '' : 'AND id = ?'
  db.prepare(`UPDATE url SET state = 0 WHERE state = 2 ${and}`).run(...only)
  db.prepare(`DELETE FROM failure ${where}`).run(...only)
  for (const { kind, count } of kinds) {
    tally.add(`failed:${kind}`, -count)
    tally.add('failed', -count)
    tally.add('queued', count)
  }
}
