import { requireDuration, requireFunction } from '../kernel/guard.ts'
import { setDeadline } from '../kernel/cancellation.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { CUT, openScope, scoped } from './scoped.ts'
import { now } from './sleep.ts'

/**
 * Runs `fn` for `ms` milliseconds at the most. When they are over, `fn` is cancelled, its cleanup is
 * awaited, and the result says so; nothing is thrown.
 *
 * Cancellation: a cancellation from outside goes on its way as `Cancelled`. To cancel the scope that is
 * handed to `fn` moves on at once.
 *
 * @param ms at least 0; `Infinity` for no limit
 * @example
 * const result = await moveOnAfter(100, () => lookup(name))
 * const address = result.timedOut ? fallback : result.value
 * @see trio.move_on_after
 */
export function moveOnAfter<T>(
  ms: number,
  fn: Body<T>,
): Promise<{ readonly timedOut: false; readonly value: T } | { readonly timedOut: true }> {
  try {
    requireDuration('moveOnAfter: ms', ms)
    requireFunction('moveOnAfter: fn', fn)
  } catch (error) {
    return Promise.reject(error)
  }
  const node = openScope('moveOnAfter')
  setDeadline(node, now() + ms)
  return scoped(node, fn, CancelScope.of(node), (value) => {
    if (value === CUT || (node.caught && node.expired)) return { timedOut: true }
    return { timedOut: false, value }
  })
}
