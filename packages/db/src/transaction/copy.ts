import { MisuseError } from 'corral'
import type { CopyRows, Result } from '../executor.ts'
import type { Sql } from '../sql/statement.ts'
import type { Connection } from './connection.ts'

/** @throws MisuseError when the engine has no COPY */
export function copyIn(
  connection: Connection,
  api: string,
  query: Sql,
  rows: CopyRows,
): Promise<Result> {
  if (connection.copyFrom === undefined) throw noCopy(api)
  return connection.copyFrom(api, query, rows)
}

export function copyOut(
  connection: Connection,
  api: string,
  query: Sql,
): AsyncGenerator<Uint8Array, void> {
  if (connection.copyTo === undefined) throw noCopy(api)
  return connection.copyTo(api, query)
}

export function noCopy(api: string): MisuseError {
  return new MisuseError(`${api}: SQLite has no COPY; use insert with sql.values, or stream`)
}
