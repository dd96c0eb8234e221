import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  refuse,
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
} from 'corral/lowlevel'
import { DatabaseError } from '../errors.ts'
import type { QueryEvent } from '../query-log.ts'

export interface SqliteOptions {
  /** How many read at the same time. Each is started when it is needed. Default 2. */
  readonly readers?: number
  /**
   * Where readers live. A `process` can be ended in the middle of a long query, within some 20 ms; it takes some 40 MB. A
   * `thread` takes less, but a query that is cancelled there runs to its end. Default `process`.
   */
  readonly isolation?: 'process' | 'thread'
  /** Nothing is written, and the file must be there. Default false. */
  readonly readOnly?: boolean
  /** How long to wait for another program that writes to the file, in milliseconds. Default 5000. */
  readonly lockTimeout?: number
  /** How large the file may grow, in bytes. Default `Infinity`. */
  readonly maxSize?: number
  /** `full`: what was acknowledged survives a power cut. `normal`: it survives the end of the program. Default `full`. */
  readonly synchronous?: 'full' | 'normal'
  /** Told of every statement. What it throws is thrown by the statement. */
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

/** The options with their defaults; refuses what cannot be right. */
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
  if (isolation !== 'process' && isolation !== 'thread') {
    refuse('openSqlite: isolation', '"process" or "thread"', isolation)
  }
  requireDuration('openSqlite: lockTimeout', lockTimeout)
  requireLimit('openSqlite: maxSize', maxSize)
  if (synchronous !== 'full' && synchronous !== 'normal') {
    refuse('openSqlite: synchronous', '"full" or "normal"', synchronous)
  }
  if (onQuery !== undefined) requireFunction('openSqlite: onQuery', onQuery)
  const inProcess = isolation === 'process'
  return { path, readers, inProcess, readOnly, lockTimeout, maxSize, synchronous, onQuery }
}

/** SQLite itself says no more than that it cannot open it. */
export function requirePlace(path: string): void {
  if (path === ':memory:') return
  if (isFolder(path)) {
    throw new DatabaseError('CONNECT', `openSqlite: ${path} is a folder; name a file in it`)
  }
  const folder = dirname(resolve(path))
  if (!isFolder(folder)) {
    throw new DatabaseError('CONNECT', `openSqlite: there is no folder ${folder}; make it first`)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
