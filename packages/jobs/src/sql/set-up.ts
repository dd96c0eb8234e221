import { randomUUID } from 'node:crypto'
import { sql } from '@corral/db'
import type { Database } from '@corral/db'
import { JobsError } from '../errors.ts'
import { schemaVersion } from './schema.ts'

/** Any number that nobody else takes. */
const lock = 7_062_026_113_012_021n

/**
 * Makes the tables that are missing, one program at a time.
 *
 * @returns what tells this store from others
 * @throws JobsError STORE_VERSION when a later version made them
 */
export async function setUp(db: Database, statements: readonly string[]): Promise<string> {
  return await db.transaction(async (tx) => {
    if (db.engine === 'postgres') await tx.query(sql`select pg_advisory_xact_lock(${lock})`)
    const [first = '', ...others] = statements
    await tx.execute(sql.raw(first))
    const [meta] = await tx.query<{ version: number; store: string }>(
      sql`select version, store from corral_job_meta`,
    )
    if (meta !== undefined) {
      if (meta.version <= schemaVersion) return meta.store
      throw new JobsError(
        'STORE_VERSION',
        `openJobs: the tables are of version ${meta.version}, and this program knows ${schemaVersion}; update it`,
      )
    }
    for (const statement of others) await tx.execute(sql.raw(statement))
    const store = randomUUID()
    await tx.execute(sql`insert into corral_job_meta values (${schemaVersion}, ${store})`)
    return store
  })
}
