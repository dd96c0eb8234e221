import { wakeWithError } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'

/** Everybody in line gets an error, which `error` makes for the call that waits, such as `Lock.acquire`. */
export function failAll(line: Iterable<Waiter<never>>, error: (api: string) => Error): void {
  for (const waiter of line) wakeWithError(waiter, () => error(waiter.kind))
}
