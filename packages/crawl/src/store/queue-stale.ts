import type { DatabaseSync } from 'node:sqlite'
import type { Tally } from './tally.ts'

/**
 * Queues pages again that were fetched before a time, to be asked for again; what is known of them stays until there is
 * an answer. To be called inside a transaction.
 *
 * @param before milliseconds since the epoch
 * @param url only this one
 */
export function queueStale(db: DatabaseSync, tally: Tally, before: number, url?: number): void {
  const only = url === undefined ? [] : [url]
  const which = `state = 1 AND id IN
    (SELECT url_id FROM page WHERE fetched_at < ? ${url === undefined ? '' : 'AND url_id = ?'})`
  const { bytes } = db
    .prepare(
      `SELECT coalesce(sum(bytes), 0) AS bytes FROM page WHERE url_id IN (SELECT id FROM url WHERE ${which})`,
    )
    .get(before, ...only) as { bytes: number }
  const changes = Number(
    db.prepare(`UPDATE url SET state = 0 WHERE ${which}`).run(before, ...only).changes,
  )
  if (changes === 0) return
  tally.add('pages', -changes)
  tally.add('bytes', -bytes)
  tally.add('queued', changes)
  tally.add('stale', changes)
}
