import { isCancelled, now } from 'corral'
import type { Result } from '../executor.ts'
import { sql } from '../sql/sql.ts'
import type { Sql } from '../sql/statement.ts'
import { traitsOf } from './statement-traits.ts'

/** What runs statements. */
export interface Runner {
  execute(api: string, statement: Sql): Promise<Result>
}

/** Runs a statement, and explains it if it took longer than `after` milliseconds. */
export async function explainSlow(
  runner: Runner,
  api: string,
  statement: Sql,
  after: number,
): Promise<Result> {
  const since = now()
  const result = await runner.execute(api, statement)
  if (now() - since < after || !traitsOf(statement).isQuery) return result
  try {
    const { rows } = await runner.execute(api, sql`explain ${statement}`)
    return { ...result, plan: rows.map(([line]) => String(line)).join('\n') }
  } catch (error) {
    if (isCancelled(error)) throw error
    return result // it cannot be explained, but has succeeded
  }
}
