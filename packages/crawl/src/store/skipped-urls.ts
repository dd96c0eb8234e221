import type { DatabaseSync } from 'node:sqlite'
import type { SkippedUrl } from './outcome.ts'
import type { Tally } from './tally.ts'

/** So many of the URLs that are skipped, after the one with a number; for some reason, or for all. */
export function skippedUrls(
  db: DatabaseSync,
  after: number,
  limit: number,
  reason: string | undefined,
): SkippedUrl[] {
  const and = reason === undefined ? '' : 'AND reason = ?3'
  const statement = db.prepare(
    `SELECT id, url, depth, reason FROM url WHERE state = 3 AND id > ?1 ${and} ORDER BY id LIMIT ?2`,
  )
  const rows = statement.all(after, limit, ...(reason === undefined ? [] : [reason]))
  return rows.map((row) => ({ ...row })) as unknown as SkippedUrl[]
}

/** Queues them after all; to be called inside a transaction. */
export function queueSkipped(db: DatabaseSync, tally: Tally, ids: readonly number[]): void {
  const { changes } = db
    .prepare(
      `UPDATE url SET state = 0, reason = NULL
       WHERE state = 3 AND id IN (SELECT value FROM json_each(?))`,
    )
    .run(JSON.stringify(ids))
  tally.add('queued', Number(changes))
  tally.add('skipped', -Number(changes))
}
