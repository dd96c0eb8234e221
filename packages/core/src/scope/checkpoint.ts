import { Cancelled } from '../errors.ts'
import { watchTime } from '../kernel/budget.ts'
import { currentScope, uncancelled } from '../kernel/current.ts'
import { emit, observed } from '../kernel/hooks.ts'
import { Waiter } from '../kernel/records.ts'
import { ready, suspend } from '../kernel/suspend.ts'

/**
 * Gives others a turn, and a pending cancellation its effect: for long loops that wait for nothing else.
 *
 * Cancellation: throws `Cancelled` in a cancelled scope.
 */
export function checkpoint(): Promise<void> {
  watchTime() // much may have been computed since the one before
  if (uncancelled()) return ready('checkpoint', undefined, undefined)
  return suspend(new Waiter('checkpoint'))
}

/**
 * Throws in a cancelled scope, and does nothing else: for code that cannot wait.
 *
 * @throws Cancelled
 */
export function throwIfCancelled(): void {
  const scope = currentScope()
  if (scope.governor === undefined) return
  if (observed) emit('turnedAway', scope)
  throw new Cancelled(scope.governor.reason)
}
