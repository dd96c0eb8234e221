import { DatabaseError } from '../errors.ts'
import type { DatabaseErrorCode } from '../errors.ts'
import type { SqliteFailure } from './worker/protocol.ts'

/** By the primary result code of SQLite: the lower byte. */
const primary: ReadonlyMap<number, DatabaseErrorCode> = new Map([
  [5, 'LOCKED'],
  [6, 'LOCKED'],
  [8, 'READ_ONLY'],
  [11, 'DAMAGED'],
  [13, 'DISK_FULL'],
  [14, 'CONNECT'],
  [26, 'NOT_A_DATABASE'],
])

const constraints: ReadonlyMap<number, DatabaseErrorCode> = new Map([
  [275, 'CHECK'],
  [787, 'FOREIGN_KEY'],
  [1299, 'NOT_NULL'],
  [1555, 'UNIQUE'],
  [2067, 'UNIQUE'],
  [2579, 'UNIQUE'],
])

const advice: Partial<Record<DatabaseErrorCode, string>> = {
  LOCKED: 'another program has it locked; close that, or raise lockTimeout',
  READ_ONLY: 'it cannot be written; check the permissions, and whether it was opened readOnly',
  DAMAGED: 'the file is damaged; restore it from a backup',
  DISK_FULL: 'it cannot grow: the disk is full, or maxSize is reached',
  CONNECT:
    'the file cannot be opened; check it and its folder, which must be writable even for readOnly',
  NOT_A_DATABASE: 'the file is no SQLite database; name another',
}

/** Converts a SQLite error to ours. */
export function sqliteError(api: string, { errcode, message }: SqliteFailure): DatabaseError {
  const code = constraints.get(errcode) ?? primary.get(errcode & 0xff) ?? 'STATEMENT'
  const hint = advice[code]
  const said = hint === undefined ? message : `${hint} (${message})`
  // "UNIQUE constraint failed: users.mail", "CHECK constraint failed: age_positive"
  const [, failed] = /constraint failed: (.*)$/.exec(message) ?? []
  const [, table, column] = /^(\w+)\.(\w+)/.exec(failed ?? '') ?? []
  return new DatabaseError(code, `${api}: ${said}`, {
    cause: { errcode, message },
    table,
    column,
    constraint: code === 'CHECK' ? failed : undefined,
  })
}
