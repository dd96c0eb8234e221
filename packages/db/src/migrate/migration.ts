import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refuse } from 'corral/lowlevel'
import type { Session, Transaction } from '../database.ts'
import { DatabaseError } from '../errors.ts'
import { requireBoolean } from '../require-boolean.ts'

const api = 'Database.migrate'

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
 * @throws DatabaseError MIGRATION for a folder that cannot be read
 */
export async function migrationsOf(given: Migrations): Promise<readonly Migration[]> {
  const migrations: readonly Migration[] = Array.isArray(given)
    ? given
    : await filesOf(folderOf(given as string | URL))
  const names = new Set<string>()
  for (const migration of migrations) {
    if (typeof migration !== 'object' || migration === null) {
      refuse(`${api}: migration`, 'an object with name and up', migration)
    }
    const { name, up, transaction } = migration
    if (typeof name !== 'string' || name === '') refuseName('a name that is not empty', name)
    if (names.has(name)) refuseName('a name of its own', name)
    names.add(name)
    if (typeof up === 'string' ? up.trim() === '' : typeof up !== 'function') {
      refuse(`${api}: ${name}: up`, 'SQL as a string that is not empty, or a function', up)
    }
    if (transaction !== undefined) requireBoolean(`${api}: ${name}: transaction`, transaction)
  }
  return migrations
}

/** The checksum recorded for a migration, to detect later changes. Functions cannot be told apart. */
export function checksumOf({ up }: Migration): string {
  return typeof up === 'string' ? createHash('sha256').update(up).digest('hex') : 'function'
}

function folderOf(given: string | URL): string {
  if (typeof given === 'string' && given !== '') return given
  if (given instanceof URL && given.protocol === 'file:') return fileURLToPath(given)
  return refuse(`${api}: migrations`, 'a list, or a folder as a string or file URL', given)
}

async function filesOf(folder: string): Promise<Migration[]> {
  const numbered: { number: number; name: string }[] = []
  for (const name of await read(folder, () => readdir(folder))) {
    if (!ending.test(name)) continue
    const number = /^(\d+)/.exec(name)?.[1]
    if (number === undefined) refuseName('a file that begins with a number', name)
    numbered.push({ number: Number(number), name })
  }
  numbered.sort((a, b) => a.number - b.number)
  for (const [i, { number, name }] of numbered.entries()) {
    if (numbered[i + 1]?.number === number) refuseName('a file with a number of its own', name)
  }
  const migrations: Migration[] = []
  for (const { name } of numbered) {
    const path = join(folder, name)
    const up = await read(path, () => readFile(path, 'utf8'))
    migrations.push({ name: name.replace(ending, ''), up })
  }
  return migrations
}

const ending = /\.sql$/i

async function read<T>(path: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn()
  } catch (error) {
    throw new DatabaseError(
      'MIGRATION',
      `${api}: ${path} cannot be read (${(error as Error).message}); name a folder of .sql files`,
      { cause: error },
    )
  }
}

function refuseName(rule: string, name: unknown): never {
  refuse(`${api}: name`, rule, name)
}
