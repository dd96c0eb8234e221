import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'
import { jsonText, momentText, wholeText } from '../sql/value-text.ts'
import type { SqliteValue } from './worker/protocol.ts'

/**
 * The parameters of a statement as SQLite stores them. Values that it would silently change are refused.
 *
 * @throws MisuseError
 */
export function encodeAll(values: readonly unknown[]): SqliteValue[] {
  return values.map((value, i) => encode(value, i))
}

function encode(value: unknown, i: number): SqliteValue {
  if (value === null) return null
  switch (typeof value) {
    case 'string':
      return wholeText(value, where(i))
    case 'number':
      if (!Number.isNaN(value)) return value
      throw new MisuseError(`${where(i)} must be a number, got NaN; SQLite would store NULL`)
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return value
      throw new MisuseError(`${where(i)} must be an integer of 64 bits, got ${describe(value)}`)
    case 'boolean':
      return value ? 1 : 0
    case 'object':
      if (value instanceof Uint8Array) return value
      return value instanceof Date ? momentText(value, where(i)) : jsonText(value, where(i))
    case 'undefined':
    case 'function':
    case 'symbol':
      break
  }
  throw new MisuseError(
    `${where(i)} must be a value that a database can hold, got ${describe(value)}`,
  )
}

function where(i: number): string {
  return `sql: value ${i + 1}`
}
