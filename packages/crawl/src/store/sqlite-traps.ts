import type { DatabaseSync } from 'node:sqlite'
import type { Tally } from './tally.ts'
import type { TrapRecord } from './trap-detector.ts'

/** What a file knows of the URLs in it, for telling traps. Asked for a URL whose row is there already. */
export function sqliteTraps(db: DatabaseSync, tally: Tally): TrapRecord {
  const count = db.prepare(
    `SELECT count(*) AS count FROM (SELECT 1 FROM url
       WHERE url >= ?1 || '?' AND url < ?1 || '@' AND url LIKE '%&%&%' AND reason IS NOT 'trap' LIMIT ?2)`,
  )
  return {
    variantsOf: (path, limit) => (count.get(path, limit) as { count: number }).count - 1,
    suspectsOf: (suspicion) => tally.of(`suspects:${suspicion}`),
    admit: (suspicion) => tally.add(`suspects:${suspicion}`, 1),
  }
}
