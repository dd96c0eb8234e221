import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'

/** Text as it is. @throws MisuseError for text that no database stores unchanged */
export function wholeText(value: string, where: string): string {
  if (value.includes('\0')) {
    throw new MisuseError(`${where} must be text without NUL, got one at ${value.indexOf('\0')}`)
  }
  if (!value.isWellFormed()) {
    throw new MisuseError(`${where} must be well-formed text, got a surrogate alone`)
  }
  return value
}

export function momentText(value: Date, where: string): string {
  const year = value.getUTCFullYear()
  if (year >= 1 && year <= 9999) return value.toISOString()
  throw new MisuseError(
    `${where} must be a date of the years 1 to 9999, got ${String(value)} (Date); pass text instead`,
  )
}

/** Objects of these kinds are `{}` in JSON, or lists of another kind. */
const notJson = [Map, Set, WeakMap, WeakSet, WeakRef, RegExp, Error, Promise, ArrayBuffer]

export function jsonText(value: object | null, where: string): string {
  if (ArrayBuffer.isView(value) || notJson.some((kind) => value instanceof kind)) {
    throw new MisuseError(
      `${where} must be a plain object or a list, got ${describe(value)}; convert it`,
    )
  }
  try {
    return wholeText(JSON.stringify(value), where)
  } catch (error) {
    if (error instanceof MisuseError) throw error
    throw new MisuseError(`${where} must be an object that JSON can hold, got ${describe(value)}`, {
      cause: error,
    })
  }
}
