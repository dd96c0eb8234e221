import { Cancelled, TimeoutError } from '../errors.ts'
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

/** Puts the timeout at the end of the cause chain of what the cleanup threw. */
export function appendCause(error: unknown, limit: number): void {
  try {
    appendTo(error, new TimeoutError(limit))
  } catch {
    // It takes none: a revoked Proxy, say.
  }
}

function appendTo(error: unknown, cause: TimeoutError): void {
  const seen = new Set<unknown>()
  let last = error
  while (last instanceof Error && last.cause instanceof Error && !seen.has(last)) {
    if (last.cause instanceof TimeoutError) return
    seen.add(last)
    last = last.cause
  }
  if (!(last instanceof Error) || seen.has(last) || !canTakeCause(last)) return
  Object.defineProperty(last, 'cause', { value: cause, configurable: true, writable: true })
}

/** Without a cause, or with one that is only the text of why its scope was cancelled. */
function canTakeCause(error: Error): boolean {
  const own = Object.getOwnPropertyDescriptor(error, 'cause')
  if (own === undefined) return Object.isExtensible(error)
  return own.configurable === true && (own.value === undefined || error instanceof Cancelled)
}
