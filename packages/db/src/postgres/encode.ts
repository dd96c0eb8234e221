import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'
import { jsonText, momentText, wholeText } from '../sql/value-text.ts'

/** The most that the protocol can count. */
const maxParameters = 65_535

/** An array without items; without the form feed it would also be JSON, an object without properties. */
const noItems = '\f{}'

/**
 * The parameters of a statement as the server reads them: text, bytes or null. Values that cannot be sent without loss
 * are refused before anything is sent, so that the state of the connection is never in doubt.
 *
 * @throws MisuseError
 */
export function encodeAll(values: readonly unknown[]): (string | Buffer | null)[] {
  if (values.length > maxParameters) {
    throw new MisuseError(
      `sql: values must be at most ${maxParameters}, got ${values.length} (number); pass an array as one value, or several statements`,
    )
  }
  return values.map((value, i) => encode(value, `sql: value ${i + 1}`))
}

export function encode(value: unknown, where: string): string | Buffer | null {
  if (value === null) return null
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  if (!Array.isArray(value)) return scalar(value, where)
  return value.length === 0 ? noItems : arrayLiteral(value, where)
}

function scalar(value: unknown, where: string): string {
  switch (typeof value) {
    case 'string':
      return wholeText(value, where)
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      return value instanceof Date ? momentText(value, where) : jsonText(value, where)
    case 'undefined':
    case 'function':
    case 'symbol':
      break
  }
  throw new MisuseError(`${where} must be a value that a database can hold, got ${describe(value)}`)
}

function arrayLiteral(items: readonly unknown[], where: string): string {
  // A hole is undefined, and refused.
  const written = Array.from(items, (item) => {
    if (item === null) return 'NULL'
    if (Array.isArray(item)) return arrayLiteral(item, where)
    if (item instanceof Uint8Array) return `"\\\\x${Buffer.from(item).toString('hex')}"`
    return `"${scalar(item, where).replace(/[\\"]/g, '\\$&')}"`
  })
  return `{${written.join(',')}}`
}
