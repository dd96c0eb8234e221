import type { DatabaseSync } from 'node:sqlite'
import type { Jar } from './outcome.ts'

export function jarsOf(db: DatabaseSync): Jar[] {
  const rows = db.prepare('SELECT domain, jar FROM cookie').all()
  return rows.map((row) => ({ ...row })) as unknown as Jar[]
}

/** To be called inside a transaction. */
export function keepJars(db: DatabaseSync, jars: readonly Jar[]): void {
  const keep = db.prepare('INSERT OR REPLACE INTO cookie VALUES (?, ?)')
  for (const { domain, jar } of jars) keep.run(domain, jar)
}
