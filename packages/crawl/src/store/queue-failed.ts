import type { DatabaseSync } from 'node:sqlite'
import type { Tally } from './tally.ts'

/**
 * Queues failed URLs again, as if they had never been tried; to be called inside a transaction.
 *
 * @param only those of a kind, or one of which the number is given
 */
export function queueFailed(
  db: DatabaseSync,
  tally: Tally,
  only?: { readonly kind: string } | { readonly url: number },
): void {
  const [column, value] =
    only === undefined ? ['1', 1] : 'kind' in only ? ['kind', only.kind] : ['url_id', only.url]
  const kinds = db
    .prepare(`SELECT kind, count(*) AS count FROM failure WHERE ${column} = ? GROUP BY kind`)
    .all(value) as unknown as { kind: string; count: number }[]
  if (kinds.length === 0) return

  const failed = `SELECT url_id FROM failure WHERE ${column} = ?`
  db.prepare(`UPDATE url SET state = 0 WHERE state = 2 AND id IN (${failed})`).run(value)
  db.prepare(`DELETE FROM failure WHERE ${column} = ?`).run(value)
  for (const { kind, count } of kinds) {
    tally.add(`failed:${kind}`, -count)
    tally.add('failed', -count)
    tally.add('queued', count)
  }
}
