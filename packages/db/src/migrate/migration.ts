import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MisuseError } from 'corral'
import { describe, requireFunction } from 'corral/lowlevel'
import type { Session, Transaction } from '../database.ts'

/** One step of a schema. */
export interface Migration {
  /** It runs once for each name. */
  readonly name: string
  /** SQL, one or more statements, or a function. */
  readonly up: string | ((tx: Transaction | Session) => unknown)
  /**
   * `false` for a single statement that cannot run in a transaction, such as `create index concurrently`; it may run
   * again if the program ends before it is recorded. A function then receives a session. Default true.
   */
  readonly transaction?: boolean
}

/** An ordered list, or the folder of files such as `001-users.sql`. */
export type Migrations = readonly Migration[] | string | URL

/**
 * The migrations, in order.
 *
 * @throws MisuseError
 */
export async function migrationsOf(given: Migrations): Promise<readonly Migration[]> {
  const migrations: readonly Migration[] = Array.isArray(given)
    ? given
    : await filesOf(given as string | URL)
  const names = new Set<string>()
  for (const { name, up } of migrations) {
    if (typeof name !== 'string' || name === '') refuseName('a name that is not empty', name)
    if (names.has(name)) refuseName('a name of its own', name)
    names.add(name)
    if (typeof up !== 'string') requireFunction('Database.migrate: up', up)
  }
  return migrations
}

/** The checksum recorded for a migration, to detect later changes. Functions cannot be told apart. */
export function checksumOf({ up }: Migration): string {
  return typeof up === 'string' ? createHash('sha256').update(up).digest('hex') : 'function'
}

async function filesOf(folder: string | URL): Promise<Migration[]> {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder
  const numbered: { number: number; name: string }[] = []
  for (const name of await readdir(path)) {
    if (!name.endsWith('.sql')) continue
    const number = /^(\d+)/.exec(name)?.[1]
    if (number === undefined) refuseName('a file that begins with a number', name)
    numbered.push({ number: Number(number), name })
  }
  numbered.sort((a, b) => a.number - b.number)
  for (const [i, { number, name }] of numbered.entries()) {
    if (numbered[i + 1]?.number === number) refuseName('a file with a number of its own', name)
  }
  const read: Migration[] = []
  for (const { name } of numbered) {
    const up = await readFile(join(path, name), 'utf8')
    read.push({ name: name.slice(0, -'.sql'.length), up })
  }
  return read
}

function refuseName(rule: string, name: unknown): never {
  throw new MisuseError(`Database.migrate: name must be ${rule}, got ${describe(name)}`)
}
