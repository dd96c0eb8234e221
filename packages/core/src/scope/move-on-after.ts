import { requireDuration, requireFunction } from '../kernel/guard.ts'
import { setDeadline } from '../kernel/cancellation.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { CancelScope, inTime } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { CUT, openScope, scoped } from './scoped.ts'
import { now } from './sleep.ts'

/** What `moveOnAfter` gives: a value, if there was time for one. */
export type MoveOnResult<T> =
  | { readonly timedOut: false; readonly value: T }
  | { readonly timedOut: true }

/**
 * Runs `fn` for at most `ms` milliseconds. When they are over, `fn` is cancelled, its cleanup is awaited,
 * and the result says so; nothing is thrown.
 *
 * Cancellation: a cancellation from outside propagates as `Cancelled`. Cancelling the scope that `fn`
 * receives moves on at once.
 *
 * @param ms at least 0; `Infinity` for no limit
 * @example
 * const result = await moveOnAfter(100, () => lookup(name))
 * const address = result.timedOut ? fallback : result.value
 * @see trio.move_on_after
 */
export function moveOnAfter<T>(ms: number, fn: Body<T>): Promise<MoveOnResult<T>> {
  try {
    requireDuration('moveOnAfter: ms', ms)
    requireFunction('moveOnAfter: fn', fn)
  } catch (error) {
    return Promise.reject(error)
  }
  const node = openScope('moveOnAfter')
  setDeadline(node, now() + ms)
  return scoped(node, inTime('moveOnAfter', fn), CancelScope.of(node), resultOf)
}

function resultOf<T>(value: T | typeof CUT, { caught, expired }: ScopeNode): MoveOnResult<T> {
  return value === CUT || (caught && expired) ? { timedOut: true } : { timedOut: false, value }
}
