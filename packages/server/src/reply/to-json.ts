import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'

/**
 * A value as JSON. A bigint becomes a string of its digits: as a number it would lose some at the other end.
 *
 * @throws MisuseError for what JSON would write as an empty object
 * @throws TypeError for a cycle
 */
export function toJson(value: unknown): string {
  if (ArrayBuffer.isView(value) || typeof value === 'function' || typeof value === 'symbol') {
    refuse('', value)
  }
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return JSON.stringify(value, checked)
  }
  // Only where there may be something to say: a replacer would slow down all other values.
  return text?.includes('{}') ? JSON.stringify(value, checked) : (text ?? 'null')
}

function checked(key: string, part: unknown): unknown {
  if (typeof part === 'bigint') return part.toString()
  if (typeof part === 'object' && part !== null && isOpaque(part)) refuse(key, part)
  return part
}

/** Whether JSON writes it as an empty object, although there is something in it. */
function isOpaque(part: object): boolean {
  return (
    Object.keys(part).length === 0 &&
    !Array.isArray(part) &&
    (part instanceof Error ||
      'then' in part ||
      Symbol.iterator in part ||
      Symbol.asyncIterator in part)
  )
}

function refuse(key: string, part: unknown): never {
  const at = key === '' ? '' : ` at ${JSON.stringify(key)}`
  throw new MisuseError(`json: the value${at} must be JSON, got ${describe(part)}${hintOf(part)}`)
}

function hintOf(part: unknown): string {
  if (ArrayBuffer.isView(part)) return '; send bytes with reply(bytes)'
  if (typeof part !== 'object' || part === null) return ''
  if ('then' in part) return '; await it'
  if (part instanceof Error) return '; throw it, or send its message'
  if (Symbol.asyncIterator in part) return '; send it with reply(source) or sse(source)'
  return '; make it an object or an array'
}
