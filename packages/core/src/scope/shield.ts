import { requireFunction } from '../kernel/guard.ts'
import { setShield } from '../kernel/scope-tree.ts'
import { openScope, scoped } from './scoped.ts'

/**
 * Runs `fn` to its end even in a cancelled scope: for cleanup that must wait. Give it a time limit of its own.
 *
 * Cancellation: hidden from `fn`; it surfaces at the first wait after it.
 *
 * @example
 * try { await work() } finally { await shield(() => timeout(1000, () => connection.close())) }
 * @see trio.CancelScope(shield=True), Kotlin's NonCancellable
 */
export async function shield<T>(fn: () => PromiseLike<T> | T): Promise<T> {
  requireFunction('shield: fn', fn)
  const node = openScope('shield')
  setShield(node, true)
  return (await scoped(node, fn, undefined as never)) as T
}
