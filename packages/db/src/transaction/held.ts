import { MisuseError, TaskLocal } from 'corral'

/** Where connections come from: no more than so many at a time. */
export interface Lender {
  readonly max: number
}

interface Hold {
  readonly lender: Lender
  readonly outer: Hold | undefined
  over: boolean
}

/**
 * By what the running code is called in: sessions, transactions, the copy that it brings rows for. A loop over a stream
 * calls nobody: what runs in it cannot be told from what runs beside it in the same task.
 */
const innermost = new TaskLocal<Hold | undefined>()

/** Runs `fn`, which holds a connection. */
export async function holding<T>(lender: Lender, fn: () => Promise<T>): Promise<T> {
  const hold: Hold = { lender, outer: innermost.get(), over: false }
  try {
    return await innermost.run(hold, fn)
  } finally {
    hold.over = true
  }
}

/** How many connections the running code holds: while it waits, none of them comes back. */
export function held(lender: Lender): number {
  let count = 0
  for (let hold = innermost.get(); hold !== undefined; hold = hold.outer) {
    if (hold.lender === lender && !hold.over) count += 1
  }
  return count
}

/** @throws MisuseError where the running code would wait for a connection that it holds itself */
export function requireRoom(api: string, lender: Lender): void {
  if (held(lender) < lender.max) return
  const all = lender.max === 1 ? 'the only connection' : `all ${lender.max} connections`
  throw new MisuseError(
    `${api}: ${all} for it is held by the session or copy that it is called in, so it would wait for itself; use the session's handle, call it after that, or allow more`,
  )
}
