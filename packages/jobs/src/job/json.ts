import { describe, isCancellation } from 'corral/lowlevel'
import { JobsError } from '../errors.ts'

/** How large an input, a result, a step's value may be, in characters of JSON. */
export const maxLength = 1_048_576

/**
 * A value as JSON that gives the same value again; what JSON would change without a word is refused. `undefined` as a
 * whole is the empty text.
 *
 * @param where such as `jobs.add: input`
 * @throws JobsError NOT_STORABLE
 */
export function toJson(where: string, value: unknown): string {
  if (value === undefined) return ''
  let text: string | undefined
  try {
    text = JSON.stringify(value, (key, part: unknown) => checked(where, key, part))
  } catch (error) {
    if (error instanceof JobsError || isCancellation(error)) throw error
    const problem = error instanceof RangeError ? 'not be so deep' : 'not contain itself'
    throw new JobsError('NOT_STORABLE', `${where} must ${problem}, got ${describe(value)}`, {
      cause: error,
    })
  }
  if (text.length <= maxLength) return text
  throw new JobsError(
    'NOT_STORABLE',
    `${where} must be at most ${maxLength} characters of JSON, got ${text.length} (number); store it elsewhere, and pass its key`,
  )
}

export function fromJson(text: string | undefined): unknown {
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as unknown)
}

function checked(where: string, key: string, part: unknown): unknown {
  if (isJson(part)) return part
  const at = key === '' ? '' : ` at ${JSON.stringify(key)}`
  throw new JobsError('NOT_STORABLE', `${where}${at} must be JSON, got ${describe(part)}`)
}

function isJson(part: unknown): boolean {
  switch (typeof part) {
    case 'string':
    case 'boolean':
    case 'undefined': // a property that is not there
      return true
    case 'number':
      return Number.isFinite(part)
    case 'object':
      return part === null || !isOpaque(part)
    default:
      return false
  }
}

/** What JSON writes as an empty object, or worse. */
function isOpaque(part: object): boolean {
  return (
    part instanceof Map ||
    part instanceof Set ||
    part instanceof Error ||
    part instanceof ArrayBuffer ||
    ArrayBuffer.isView(part) ||
    typeof (part as { then?: unknown }).then === 'function'
  )
}
