import { MisuseError, TaskLocal } from 'corral'

/** Where connections come from: no more than so many at a time. */
export interface ConnectionSource {
  readonly max: number
}

interface Borrowing {
  readonly source: ConnectionSource
  readonly outer: Borrowing | undefined
  over: boolean
}

/**
 * By what the running code is called in: sessions, transactions, the copy that it brings rows for. A loop over a stream
 * calls nobody: what runs in it cannot be told from what runs beside it in the same task.
 */
const innermost = new TaskLocal<Borrowing | undefined>()

/** Runs `fn`, which has a connection. */
export async function borrowing<T>(source: ConnectionSource, fn: () => Promise<T>): Promise<T> {
  const own: Borrowing = { source, outer: innermost.get(), over: false }
  try {
    return await innermost.run(own, fn)
  } finally {
    own.over = true
  }
}

/** How many connections the running code has: while it waits, none of them comes back. */
export function borrowedFrom(source: ConnectionSource): number {
  let count = 0
  for (let each = innermost.get(); each !== undefined; each = each.outer) {
    if (each.source === source && !each.over) count += 1
  }
  return count
}

/** @throws MisuseError where the running code would wait for a connection that it has itself */
export function requireRoom(api: string, source: ConnectionSource): void {
  if (borrowedFrom(source) < source.max) return
  const all = source.max === 1 ? 'the only connection' : `all ${source.max} connections`
  throw new MisuseError(
    `${api}: ${all} for it is held by the session or copy that it is called in, so it would wait for itself; use the session's handle, call it after that, or allow more`,
  )
}
