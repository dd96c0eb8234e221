/** How deep a value is shown, and how many parts of it. */
const DEPTH = 4
const PARTS = 20

/** A value in a line, as one would write it: with what Maps, Sets and circles hold. Never throws. */
export function showValue(value: unknown): string {
  try {
    return show(value, [])
  } catch {
    return 'something that cannot be shown'
  }
}

/** What was thrown, in a line: anything can be. */
export function showThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : showPlainly(thrown)
  } catch {
    return 'something that cannot be shown'
  }
}

function showPlainly(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : showValue(thrown)
}

function show(value: unknown, around: readonly object[]): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `[function ${value.name}]`
  if (typeof value !== 'object' || value === null) return String(value)
  if (around.includes(value)) return '[circular]'
  if (around.length === DEPTH) return '...'
  const inside = [...around, value]
  if (Array.isArray(value)) {
    return parts(
      value.map((item) => show(item, inside)),
      '[',
      ']',
    )
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (value instanceof Date) return `Date(${value.toISOString()})`
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${show(key, inside)} => ${show(item, inside)}`)
    return parts(entries, `Map(${value.size}) {`, '}')
  }
  if (value instanceof Set) {
    return parts(
      [...value].map((item) => show(item, inside)),
      `Set(${value.size}) {`,
      '}',
    )
  }
  const { constructor } = value
  const name = constructor === Object || constructor === undefined ? '' : `${constructor.name} `
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${show(item, inside)}`)
  return parts(fields, `${name}{`, '}')
}

function parts(items: readonly string[], open: string, close: string): string {
  const shown = items.slice(0, PARTS)
  if (items.length > PARTS) shown.push(`... ${items.length - PARTS} more`)
  return `${open}${shown.join(', ')}${close}`
}
