import { accessSync, constants, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  refuse,
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
  requireWord,
} from 'corral/lowlevel'
import { DatabaseError } from '../errors.ts'
import type { QueryEvent } from '../query-log.ts'
import { requireBoolean } from '../require-boolean.ts'

export interface SqliteOptions {
  /** How many read at the same time. Each is started on demand. Default 2. */
  readonly readers?: number
  /**
   * Where readers run. A `process` can be killed in the middle of a long query, within about 20 ms; it takes about 40
   * MB. A `thread` takes less, but a cancelled query runs to its end. Default `process`.
   */
  readonly isolation?: 'process' | 'thread'
  /** Nothing is written, and the file must exist. Default false. */
  readonly readOnly?: boolean
  /** How long to wait while another program writes to the file, in milliseconds. Default 5000. */
  readonly lockTimeout?: number
  /** How large the file may grow, in bytes. Default `Infinity`. */
  readonly maxSize?: number
  /** `full`: acknowledged writes survive a power cut. `normal`: they survive a crash of the program. Default `full`. */
  readonly synchronous?: 'full' | 'normal'
  /** Called after every statement. What it throws is thrown by the statement. */
  readonly onQuery?: (event: QueryEvent) => void
}

export interface SqliteSettings {
  readonly path: string
  readonly readers: number
  readonly inProcess: boolean
  readonly readOnly: boolean
  readonly lockTimeout: number
  readonly maxSize: number
  readonly synchronous: 'full' | 'normal'
  readonly onQuery: ((event: QueryEvent) => void) | undefined
}

/** The validated options, with defaults. */
export function settingsOf(path: string, options: SqliteOptions): SqliteSettings {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    refuse('openSqlite: path', 'the name of a file, or ":memory:"', path)
  }
  requireOptions('openSqlite', options)
  const {
    readers = 2,
    isolation = 'process',
    readOnly = false,
    lockTimeout = 5000,
    maxSize = Infinity,
    synchronous = 'full',
    onQuery,
  } = options
  requireCount('openSqlite: readers', readers)
  requireWord('openSqlite: isolation', isolation, ['process', 'thread'])
  requireBoolean('openSqlite: readOnly', readOnly)
  requireDuration('openSqlite: lockTimeout', lockTimeout)
  requireLimit('openSqlite: maxSize', maxSize)
  requireWord('openSqlite: synchronous', synchronous, ['full', 'normal'])
  if (onQuery !== undefined) requireFunction('openSqlite: onQuery', onQuery)
  const inProcess = isolation === 'process'
  return {
    // In full: the program may go to another folder, and SQLite has special names, such as file:x.
    path: path === ':memory:' ? path : resolve(path),
    readers,
    inProcess,
    readOnly,
    lockTimeout,
    maxSize,
    synchronous,
    onQuery,
  }
}

/** SQLite itself only says that it cannot open it. */
export function requirePlace(path: string, readOnly: boolean): void {
  if (path === ':memory:') return
  const found = statOf(path)
  if (found?.isDirectory() === true) {
    throw new DatabaseError('CONNECT', `openSqlite: ${path} is a folder; name a file in it`)
  }
  if (found?.isFile() === false) {
    throw new DatabaseError('CONNECT', `openSqlite: ${path} is a device or a pipe; name a file`)
  }
  const folder = dirname(resolve(path))
  if (statOf(folder)?.isDirectory() !== true) {
    throw new DatabaseError('CONNECT', `openSqlite: there is no folder ${folder}; make it first`)
  }
  if (!readOnly) requireWritable(folder)
}

/** SQLite writes its log beside the file. */
function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new DatabaseError(
      'READ_ONLY',
      `openSqlite: ${folder} cannot be written; check its permissions and its disk, or open the file readOnly`,
      { cause: error },
    )
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    const { message } = error as Error
    throw new DatabaseError('CONNECT', `openSqlite: ${message}`, { cause: error })
  }
}
