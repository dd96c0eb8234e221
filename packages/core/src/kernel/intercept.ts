import { MisuseError } from '../errors.ts'
import { emit, listeners, observed } from './hooks.ts'
import type { Waiter } from './records.ts'
import { unlinkFromScope } from './wait-queue.ts'

/** Set while a call is made whose waits are not to join their lines. */
export let waitInterceptor: ((waiter: Waiter<never>) => void) | undefined

/**
 * Calls `call`; the waits that it begins do not join their lines but are given to `to`, which may let
 * them join later. For those who wait for one of several things, and so must not wait for any before
 * they know that none is ready.
 */
export function interceptWaits<T>(call: () => T, to: (waiter: Waiter<never>) => void): T {
  if (waitInterceptor !== undefined) {
    throw new MisuseError('select: a case of a select is a select itself; list its cases in one')
  }
  waitInterceptor = to
  try {
    return call()
  } finally {
    waitInterceptor = undefined
  }
}

/**
 * Takes a waiter out of its line as if it had never come. Its promise is not settled: for waits whose
 * promise nobody holds. Call `left` of its line after it.
 */
export function dequeue(waiter: Waiter<never>): void {
  if (waiter.state !== 'waiting') return
  waiter.state = 'cancelled'
  unlinkFromScope(waiter)
  waiter.line?.remove(waiter)
  if (observed) emit(listeners.woken, waiter)
}
