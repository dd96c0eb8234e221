import { sql, type Executor } from '@corral/db'
import type { Noted } from '../outcome.ts'

/** Notes by what URLs are judged, unless that stays, and what is extracted from pages: hashes. */
export async function note(
  tx: Executor,
  judgement: number | undefined,
  extraction: number,
  at: number,
): Promise<Noted> {
  const rows = await tx.query<{ name: string; value: number }>(
    sql`select name, value::float8 as value from tally where name in ('judgement', 'extraction', 'extraction-since')`,
  )
  const of = (name: string): number => rows.find((row) => row.name === name)?.value ?? 0
  const isSame = of('extraction') === extraction
  const extractionSince = isSame ? of('extraction-since') : at
  await tx.execute(
    sql`insert into tally values ${sql.values([
      ...(judgement === undefined ? [] : [['judgement', judgement]]),
      ['extraction', extraction],
      ['extraction-since', extractionSince],
    ])} on conflict (name) do update set value = excluded.value`,
  )
  const isNew = judgement !== undefined && of('judgement') !== judgement
  return { isNew, extractionSince }
}
