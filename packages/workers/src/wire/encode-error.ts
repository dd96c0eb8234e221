/** A thrown value as plain data: the structured clone of an error loses its class and its properties. */
export type WireError =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error'
      readonly name: string
      readonly message: string
      readonly stack: string | undefined
      /** The names of its class and of those above, most special first. */
      readonly classes: readonly string[]
      readonly properties: readonly (readonly [string, WireValue])[]
    }

export type WireValue =
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly error: WireError }
  | { readonly kind: 'list'; readonly values: readonly WireValue[] }

/** Causes of causes, and so on: deeper ones are left out. */
const DEEPEST = 10

/** What can be copied of a thrown value; what cannot be is left out, or told as a text. */
export function encodeError(thrown: unknown, depth: number = 0): WireError {
  if (!(thrown instanceof Error)) {
    return { kind: 'value', value: copies(thrown) ? thrown : told(thrown) }
  }
  return {
    kind: 'error',
    name: text(thrown.name),
    message: text(thrown.message),
    stack: typeof thrown.stack === 'string' ? thrown.stack : undefined,
    classes: classesOf(thrown),
    properties: propertiesOf(thrown, depth),
  }
}

const known = new Set(['name', 'message', 'stack'])
/** Not enumerable, and wanted all the same. */
export const hidden: readonly string[] = ['cause', 'errors', 'error', 'suppressed']

function propertiesOf(error: Error, depth: number): [string, WireValue][] {
  const properties: [string, WireValue][] = []
  if (depth >= DEEPEST) return properties
  const names = new Set([
    ...hidden.filter((name) => Object.hasOwn(error, name)),
    ...Object.keys(error),
  ])
  for (const name of names) {
    if (known.has(name)) continue
    const value = encodeValue((error as unknown as Record<string, unknown>)[name], depth + 1)
    if (value !== undefined) properties.push([name, value])
  }
  return properties
}

function encodeValue(value: unknown, depth: number): WireValue | undefined {
  if (value instanceof Error) return { kind: 'thrown', error: encodeError(value, depth) }
  if (Array.isArray(value) && value.some((item) => item instanceof Error)) {
    const values = value.map((item) => encodeValue(item, depth))
    return { kind: 'list', values: values.filter((item) => item !== undefined) }
  }
  return copies(value) ? { kind: 'plain', value } : undefined
}

function classesOf(error: Error): string[] {
  const classes: string[] = []
  let prototype: object | null = Object.getPrototypeOf(error) as object | null
  while (prototype !== null && prototype !== Object.prototype) {
    const name: unknown = prototype.constructor?.name
    if (typeof name === 'string' && name !== '') classes.push(name)
    prototype = Object.getPrototypeOf(prototype) as object | null
  }
  return classes
}

function copies(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return typeof value !== 'symbol'
  }
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

function told(value: unknown): string {
  try {
    return String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : told(value)
}
