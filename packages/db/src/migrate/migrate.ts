import { isCancelled, MisuseError } from 'corral'
import type { Session, Transaction } from '../database.ts'
import type { EngineDatabase } from '../engine-database.ts'
import { DatabaseError } from '../errors.ts'
import type { ServerReport } from '../errors.ts'
import { sql } from '../sql/sql.ts'
import type { Handle } from '../transaction/handle.ts'
import { checksumOf, migrationsOf } from './migration.ts'
import type { Migration, Migrations } from './migration.ts'

const api = 'Database.migrate'

/** An arbitrary number, unlikely to be used by others. */
const lock = 7_062_026_113_012_001n

const prepare = sql`create table if not exists corral_migration (
  name text primary key, checksum text not null, applied_at text not null)`

/** Runs the pending migrations; other programs that try at the same time wait. */
export async function migrate(db: EngineDatabase, given: Migrations): Promise<string[]> {
  const migrations = await migrationsOf(given)
  return await db.session(async (session) => {
    // In SQLite every write transaction is exclusive, and what runs in none has a lock of its own.
    if (db.engine === 'postgres') await session.query(sql`select pg_advisory_lock(${lock})`)
    await session.execute(prepare)
    const applied: string[] = []
    for (const [i, migration] of migrations.entries()) {
      const before = migrations.slice(0, i + 1)
      const isNew = await named(migration, () =>
        migration.transaction === false
          ? alone(db, session, migration.name, () => apply(session, migration, before, migrations))
          : session.transaction((tx) => apply(tx, migration, before, migrations)),
      )
      if (isNew) applied.push(migration.name)
    }
    await session.transaction(async (tx) => requireKnown(await checksums(tx), migrations))
    return applied
  })
}

/** Takes no lock for one that is done. */
async function alone<T>(
  db: EngineDatabase,
  session: Session,
  name: string,
  fn: () => Promise<T>,
): Promise<T> {
  return (await checksums(session)).has(name) ? await fn() : await db.exclusively(fn)
}

/** @throws what `fn` throws, saying in which migration */
async function named<T>({ name }: Migration, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn()
  } catch (error) {
    if (isCancelled(error)) throw error
    if (error instanceof DatabaseError) {
      // These name it themselves.
      if (error.code === 'MIGRATION') throw error
      const report = { ...(error as ServerReport), cause: error }
      throw new DatabaseError(error.code, messageOf(name, error), report)
    }
    if (error instanceof MisuseError) {
      throw new MisuseError(messageOf(name, error), { cause: error })
    }
    throw new DatabaseError('MIGRATION', messageOf(name, error), { cause: error })
  }
}

function messageOf(name: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error)
  return `${api}: ${name}: ${said.replace(`${api}: `, '')}`
}

/** False when it was already done. */
async function apply(
  tx: Transaction | Session,
  migration: Migration,
  before: readonly Migration[],
  all: readonly Migration[],
): Promise<boolean> {
  const { name, up } = migration
  const known = await checksums(tx)
  requireKnown(known, all)
  if (known.has(name)) {
    requireSame(migration, known.get(name) as string)
    return false
  }
  for (const [later] of known) {
    if (before.some((each) => each.name === later)) continue
    throw new DatabaseError(
      'MIGRATION',
      `${api}: ${later} was applied before ${name}, which is to come first; give it a later place`,
    )
  }
  // Editors put a mark of the byte order in front of a file, which is no SQL.
  if (typeof up === 'string') await (tx as unknown as Handle).script(api, up.replace(/^\uFEFF/, ''))
  else await up(tx)
  await tx.execute(
    sql`insert into corral_migration values (${name}, ${checksumOf(migration)}, ${new Date()})`,
  )
  return true
}

async function checksums(tx: Transaction | Session): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ name: string; checksum: string }>(
    sql`select name, checksum from corral_migration`,
  )
  return new Map(rows.map(({ name, checksum }) => [name, checksum]))
}

/** The database is newer than this program. */
function requireKnown(known: ReadonlyMap<string, string>, all: readonly Migration[]): void {
  const names = new Set(all.map(({ name }) => name))
  for (const name of known.keys()) {
    if (names.has(name)) continue
    throw new DatabaseError(
      'MIGRATION',
      `${api}: ${name} was applied, and this program does not know it; it is older than the database`,
    )
  }
}

function requireSame(migration: Migration, checksum: string): void {
  if (checksumOf(migration) === checksum) return
  throw new DatabaseError(
    'MIGRATION',
    `${api}: ${migration.name} is not what was applied; put it back, and add another for what has changed`,
  )
}
