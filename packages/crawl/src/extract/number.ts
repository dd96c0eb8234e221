import type { FieldReader } from './field.ts'
import { text } from './text.ts'

/**
 * The first number in the text of the first element that matches; undefined when there is none. Both `1,234.5` and
 * `1.234,5` are understood: the last separator is the decimal one, unless it stands before groups of three digits only.
 *
 * @throws MisuseError for a selector that is none
 */
export function number(selector: string): FieldReader<number | undefined> {
  const field = text(selector)
  return {
    read(node) {
      const found = field.read(node)
      return found === undefined ? undefined : parseNumber(found)
    },
  }
}

/** Reads the first number of a text, with the separators of most languages. */
export function parseNumber(source: string): number | undefined {
  const match = /([-−+]?)(\d[\d.,'’\u00a0\u202f ]*)/.exec(source)
  if (match === null) return undefined
  const [, sign = '', tail = ''] = match
  const digits = tail.replace(/['’\u00a0\u202f ]/g, '').replace(/[.,]+$/, '')
  const value = Number(withPoint(digits))
  if (Number.isNaN(value)) return undefined
  return sign === '-' || sign === '−' ? -value : value
}

/** Leaves the decimal separator alone, as a point. */
function withPoint(digits: string): string {
  const last = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','))
  if (last === -1) return digits
  const separator = digits[last] ?? ''
  const others = digits.slice(0, last)
  const single = !others.includes(separator)
  const groups = /^\d{1,3}([.,]\d{3})+$/.test(digits)
  // 1,234 and 1.234.567 are grouped; 0.125 and 1,234.567 are not.
  if (groups && digits[0] !== '0' && (!single || (separator === ',' && !others.includes('.')))) {
    return digits.replace(/[.,]/g, '')
  }
  return `${others.replace(/[.,]/g, '')}.${digits.slice(last + 1)}`
}
