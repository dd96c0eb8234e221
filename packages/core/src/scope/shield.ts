import { Cancelled } from '../errors.ts'
import { requireFunction } from '../kernel/guard.ts'
import { setShield } from '../kernel/cancellation.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { CUT, openScope, scoped } from './scoped.ts'

/**
 * Runs `fn` to its end even in a cancelled scope: for cleanup that must wait. Give it a time limit of its own.
 *
 * Cancellation: hidden from `fn`; it surfaces at the first wait after it.
 *
 * @example
 * try { await work() } finally { await shield(() => timeout(1000, () => connection.close())) }
 * @see trio.CancelScope(shield=True), Kotlin's NonCancellable
 */
export async function shield<T>(fn: Body<T>): Promise<T> {
  requireFunction('shield: fn', fn)
  const node = openScope('shield')
  setShield(node, true)
  const value = await scoped(node, fn, CancelScope.of(node))
  if (value === CUT) throw new Cancelled(node.reason) // by hand: there is no value
  return value
}
