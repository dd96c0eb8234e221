import { requireFunction } from '../kernel/guard.ts'
import { setShield } from '../kernel/cancellation.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { openScope, scoped, valueOrThrow } from './scoped.ts'

/**
 * Runs `fn` to its end even in a cancelled scope: for cleanup that waits. Give it a time limit of its own.
 *
 * Cancellation: hidden from `fn`; it surfaces at the next wait.
 *
 * @example
 * try { await work() } finally { await shield(() => timeout(1000, () => connection.close())) }
 * @see trio.CancelScope(shield=True), Kotlin's NonCancellable
 */
export function shield<T>(fn: Body<T>): Promise<T> {
  try {
    requireFunction('shield: fn', fn)
  } catch (error) {
    return Promise.reject(error)
  }
  const node = openScope('shield')
  setShield(node, true)
  return scoped(node, fn, CancelScope.of(node), valueOrThrow)
}
