import { report } from '../kernel/hooks.ts'

/**
 * Keeps the failures that came after the first one with it: in its own enumerable `suppressed` array.
 * An error that cannot take one leaves them to be reported.
 */
export function suppress(error: unknown, later: readonly unknown[]): void {
  const others = later.filter((other) => other !== error)
  if (others.length === 0) return
  if (typeof error === 'object' && error !== null && canSuppress(error)) {
    const { suppressed } = error
    const before = suppressed === undefined || Array.isArray(suppressed) ? suppressed : [suppressed]
    const known = new Set(before) // it may be one that is kept, and thrown again and again
    error.suppressed = [...known, ...others.filter((other) => !known.has(other))]
  } else {
    for (const other of others) report(other)
  }
}

function canSuppress(error: object): error is { suppressed?: unknown } {
  try {
    const own = Object.getOwnPropertyDescriptor(error, 'suppressed')
    return own === undefined ? Object.isExtensible(error) : own.writable === true
  } catch {
    return false // a revoked Proxy
  }
}
