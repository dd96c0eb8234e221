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

/** @throws MisuseError for what JSON would silently replace, by `null` or `{}`, wherever in it that is */
export function jsonText(value: object | null, where: string): string {
  let text: string | undefined
  let lost: Lost | undefined
  try {
    text = JSON.stringify(value) as string | undefined
    lost = lostIn(value)
  } catch (error) {
    throw new MisuseError(`${where} must be an object that JSON can hold, got ${describe(value)}`, {
      cause: error,
    })
  }
  if (lost !== undefined) {
    const at = lost.path === '' ? '' : ` at ${lost.path}`
    throw new MisuseError(
      `${where}${at} must be what JSON can hold, got ${describe(lost.value)}; convert it`,
    )
  }
  if (text?.startsWith('{') || text?.startsWith('[')) return wholeText(text, where)
  throw new MisuseError(
    `${where} must be a plain object or a list, got ${describe(value)}, which JSON makes ${text}; convert it`,
  )
}

interface Lost {
  readonly value: unknown
  /** As in JavaScript: `.a[1]`. */
  readonly path: string
}

function lostIn(value: unknown): Lost | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { value, path: '' }
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return lostInList(value)
  if (value instanceof Uint8Array) return { value, path: '' } // a Buffer has a toJSON, which nothing reads back
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    return value instanceof Date && Number.isNaN(value.getTime()) ? { value, path: '' } : undefined
  }
  // A Map, bytes, an Error, an iterator: what they hold is not in their properties.
  if (Object.prototype.toString.call(value) !== '[object Object]') return { value, path: '' }
  for (const [key, each] of Object.entries(value)) {
    const lost = lostIn(each)
    if (lost !== undefined) return { value: lost.value, path: `.${key}${lost.path}` }
  }
  return undefined
}

/** In a list, what is left out of an object becomes null. */
function lostInList(list: readonly unknown[]): Lost | undefined {
  for (let i = 0; i < list.length; i++) {
    const each = list[i]
    const absent = each === undefined || typeof each === 'function' || typeof each === 'symbol'
    const lost = absent ? { value: each, path: '' } : lostIn(each)
    if (lost !== undefined) return { value: lost.value, path: `[${i}]${lost.path}` }
  }
  return undefined
}
